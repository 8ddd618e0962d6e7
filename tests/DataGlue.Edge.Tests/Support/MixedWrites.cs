using System.Globalization;

namespace DataGlue.Edge.Tests.Support;

/// <summary>A write of a client's.</summary>
/// <param name="Verb">identify, track or sync.</param>
/// <param name="Body">What it posts.</param>
public sealed record ClientWrite(string Verb, string Body)
{
    /// <summary>The same in a batch.</summary>
    public string Item => $$"""{"type":"{{Verb}}",{{Body.AsSpan(1)}}""";
}

/// <summary>
/// Writes of every verb by many visitors, each with its id and time, so that what they come to is the same in any order: times that are equal, an
/// identification before and after the events, sessions of several versions, and the same event live and in a sync.
/// </summary>
public sealed class MixedWrites
{
    private const long Epoch = 1_704_376_800_000;

    private const int Visitors = 500;

    private static readonly string[] Contexts =
    [
        "{}", """{"utm_source":"google"}""", """{"utm_source":"bing","utm_campaign":"june"}""", """{"gclid":"g1"}""",
        """{"page":{"url":"https://shop.example/p?utm_source=mail"}}""", """{"page":{"url":"https://shop.example/"},"referrer":"https://news.example/"}""",
    ];

    private static readonly string[] Traits =
    [
        "{}", """{"plan":"free"}""", """{"plan":null}""", """{"plan":"pro","address":{"city":"Bern"}}""", """{"address":{"city":null,"street":"Gässli"}}""",
    ];

    private readonly Random random;
    private readonly List<ClientWrite> all = [];
    private readonly List<string> eventIds = [];

    /// <summary>Makes them.</summary>
    /// <param name="events">How many different events there are.</param>
    /// <param name="seed">The same gives the same.</param>
    public MixedWrites(int events, int seed)
    {
        random = new Random(seed);
        while (eventIds.Count < events)
        {
            Add(eventIds.Count);
        }
    }

    public IReadOnlyList<ClientWrite> All => all;

    /// <summary>The ids of all events.</summary>
    public IReadOnlyList<string> EventIds => eventIds;

    private void Add(int number)
    {
        var user = $"v{random.Next(Visitors)}";
        if (number % 30 == 0)
        {
            all.Add(new("identify", Identify(user, number)));
        }

        if (number % 40 == 0)
        {
            all.Add(new("sync", Sync(user, number)));
            return;
        }

        all.Add(new("track", Of(user, Event())));
    }

    private string Identify(string user, int number) => Of(
        user,
        $$"""{"event_id":"i{{number}}","email":"{{user}}-{{random.Next(2)}}@example.com","timestamp":{{Time()}},"traits":{{Choice(Traits)}},"context":{{Choice(Contexts)}}}""");

    // Some of its events have been tracked live as well, under the same ids.
    private string Sync(string user, int number)
    {
        var events = Enumerable.Range(0, random.Next(1, 12)).Select(_ => Event()).ToList();
        all.AddRange(events.Where(_ => random.Next(2) == 0).Select(item => new ClientWrite("track", Of(user, item))));
        var session = $$"""{"id":"s{{random.Next(4)}}","version":{{number}}}""";
        var profile = $$"""{"traits":{{Choice(Traits)}},"last_seen":{{Time()}}}""";
        return Of(
            user, $$"""{"event_id":"y{{number}}","synced_at":{{Time()}},"data":{"profile":{{profile}},"sessions":[{{session}}],"events":[{{string.Join(',', events)}}] } }""");
    }

    private string Event()
    {
        var number = eventIds.Count;
        eventIds.Add($"e{number}");
        return $$"""{"event_id":"e{{number}}","event":"{{Choice(["view", "buy"])}}","session_id":"s{{random.Next(4)}}","timestamp":{{Time()}},"properties":{"n":{{number}} },"context":{{Choice(Contexts)}}}""";
    }

    private static string Of(string user, string item) => $$"""{"glue_user_id":"{{user}}",{{item.AsSpan(1)}}""";

    private string Time() => (Epoch + (random.Next(400) * 1000L)).ToString(CultureInfo.InvariantCulture);

    private string Choice(string[] values) => values[random.Next(values.Length)];
}
