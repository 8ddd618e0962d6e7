using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Ingest;

/// <summary>The clock of the machine is set back, as after a wrong time server: what was received keeps the time at which it was.</summary>
public sealed class ClockTests : IDisposable
{
    private const int Each = 20;

    private readonly ServerApp app = new();

    [Fact]
    public async Task A_clock_that_jumps_back_a_day_loses_nothing_and_orders_by_the_time_received()
    {
        var before = await TrackAsync();
        app.Clock.AdjustTime(ServerApp.Start.AddDays(-1));
        var after = await TrackAsync();
        app.Clock.AdjustTime(ServerApp.Start);
        var again = await TrackAsync();

        Assert.Equal(3 * Each, before.Concat(after).Concat(again).Distinct().Count());
        var journey = (await app.UserAsync("a")).IsOk().Json;
        var events = journey["events"]!.AsArray();
        Assert.Equal([.. after, .. before, .. again], events.Select(item => (string)item!["event_id"]!));
        Assert.Equal(
            Enumerable.Repeat("2024-05-31T12:00:00.000Z", Each).Concat(Enumerable.Repeat("2024-06-01T12:00:00.000Z", 2 * Each)),
            events.Select(item => (string)item!["timestamp"]!));
        Assert.Equal("2024-05-31T12:00:00.000Z", (string?)journey["user"]!["first_seen"]);
        Assert.Equal("2024-06-01T12:00:00.000Z", (string?)journey["user"]!["last_seen"]);
        Assert.Equal(3 * Each, (int)journey["summary"]!["total_events"]!);
    }

    [Fact]
    public async Task An_identification_from_before_a_jump_back_stays_the_last_one()
    {
        (await app.IdentifyAsync("""{"glue_user_id":"a","email":"later@example.com","traits":{"x":2}}""")).IsOk();
        app.Clock.AdjustTime(ServerApp.Start.AddDays(-1));
        (await app.IdentifyAsync("""{"glue_user_id":"a","email":"earlier@example.com","traits":{"x":1,"y":1}}""")).IsOk();

        var user = (await app.UserAsync("a")).IsOk().Json["user"]!;
        Assert.Equal("later@example.com", (string?)user["email"]);
        Assert.Equal("""{"x":2,"y":1}""", user["traits"]!.ToJsonString());
        Assert.Equal("2024-06-01T12:00:00.000Z", (string?)user["identified_at"]);
        Assert.Equal("2024-05-31T12:00:00.000Z", (string?)user["first_seen"]);
    }

    [Fact]
    public async Task Readiness_is_answered_after_a_jump_back()
    {
        app.Clock.AdjustTime(ServerApp.Start.AddDays(-1));
        (await app.GetAsync("/readyz")).IsOk();

        Assert.Equal(["2024-05-31T12:00:00.000Z"], app.Query("SELECT value FROM server_state WHERE name = 'probed_at'"));
    }

    public void Dispose() => app.Dispose();

    private async Task<List<string>> TrackAsync()
    {
        var ids = new List<string>();
        for (var i = 0; i < Each; i++)
        {
            ids.Add((string)(await app.TrackAsync("""{"glue_user_id":"a","event":"e"}""")).IsOk().Json["event_id"]!);
        }

        return ids;
    }
}
