using System.Collections.Concurrent;
using System.Net;

namespace DataGlue.Edge.Tests.Support;

/// <summary>Sends events of one visitor and keeps account of what the server said of each.</summary>
public sealed class EventClient(ServerProcess server)
{
    public const string User = "u";

    private readonly ConcurrentDictionary<string, HttpStatusCode> events = new();
    private int sent;

    public IReadOnlyList<string> Acknowledged => [.. Those(HttpStatusCode.OK)];

    public IReadOnlyList<string> Refused => [.. Those(HttpStatusCode.ServiceUnavailable)];

    /// <summary>Sends one event under an id of its own, which the server takes or refuses in the words of a database that takes no writes.</summary>
    /// <returns>Whether it took it.</returns>
    public async Task<bool> SendAsync(string filler = "")
    {
        var id = $"{Interlocked.Increment(ref sent)}";
        var reply = await server.PostAsync("/glue/track", $$"""{"glue_user_id":"{{User}}","event":"e","event_id":"{{id}}","properties":{"x":"{{filler}}"} }""");
        events[id] = reply.Status;
        if (reply.Status == HttpStatusCode.OK)
        {
            return true;
        }

        reply.IsError(HttpStatusCode.ServiceUnavailable, "The database takes no writes at present; send it again a little later");
        Assert.Equal("1", reply.Message.Headers.GetValues("Retry-After").Single());
        return false;
    }

    /// <summary>Checks that the file is whole and holds all that was acknowledged and nothing that was refused.</summary>
    public void IsThatOf(DatabaseFile database)
    {
        Assert.Equal(["ok"], database.Query("PRAGMA integrity_check"));
        Assert.Equal(Acknowledged.Order(), database.Query($"SELECT event_id FROM events WHERE glue_user_id = '{User}'").Order());
    }

    private IEnumerable<string> Those(HttpStatusCode status) => events.Where(sent => sent.Value == status).Select(sent => sent.Key);
}
