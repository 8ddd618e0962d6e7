using System.Text.Json.Nodes;
using CsCheck;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Ingest;

/// <summary>
/// "The stored result is the same for every order and any number of repetitions." Small pools of ids and times make writes
/// meet: equal times, one id reported twice with other content, sessions that change, the same event live and synced.
/// </summary>
public sealed class OrderAndRepetitionTests : IDisposable
{
    private const long Epoch = 1_704_376_800_000;

    private static readonly string?[] Sessions = [null, "s1", "s2"];

    private static readonly string[] Properties = ["""{"url":"/a"}""", """{"url":"/b?utm_source=mail","n":1}""", """{"n":1,"url":"/b?utm_source=mail"}"""];

    private static readonly string[] Contexts =
    [
        "null", "{}", """{"utm_source":"google"}""", """{"utm_source":"bing","utm_campaign":"june"}""", """{"gclid":"g1"}""",
        """{"page":{"url":"https://shop.example/p?utm_source=mail"}}""", """{"page":{"url":"https://shop.example/"},"referrer":"https://shop.example/x"}""",
        """{"page":{"url":"https://shop.example/"},"referrer":"https://news.example/"}""",
    ];

    private static readonly string[] Traits =
    [
        "null", "{}", """{"plan":"free"}""", """{"plan":"pro","address":{"city":"Bern","zip":"3000"}}""", """{"plan":null}""",
        """{"address":{"city":null,"street":"Gasse"}}""", """{"address":null}""", """{"address":"unknown"}""", """{"tags":["a",{"b":null}]}""",
    ];

    private static readonly string[] Emails = ["a@example.com", "A@Example.com", "b@example.com", "ü@example.com", "Ü@example.com"];

    private static readonly string[] Profiles =
    [
        """{"plan":"team"}""", """{"email":"b@example.com","traits":{"plan":"free"}}""", """{"first_seen":1704376700000}""",
        """{"last_seen":1704376990000,"traits":{"address":{"zip":null}}}""", """{"total_events":99,"glue_user_id":"someone-else"}""",
        """{"attribution":{"first_touch":{"utm_source":"bing","timestamp":1704376750000},"last_touch":{"gclid":"g9","timestamp":1704376803000}}}""",
        """{"attribution":{"first_touch":{"utm_source":"radio"}},"first_seen":1704376802000}""",
    ];

    private static readonly Gen<long> Time = Gen.Int[0, 4].Select(n => Epoch + (n * 1000));

    private static readonly Gen<string> User = OneOf("u1", "u2");

    private static readonly Gen<JsonObject> Event = Gen.Select(
        Gen.Int[1, 6], OneOf("view", "buy"), OneOf(Sessions), Time, OneOf(Properties), OneOf(Contexts),
        OneOf<string?>(null, "a@example.com", "b@example.com"),
        (id, name, session, time, properties, context, email) => new JsonObject
        {
            ["event_id"] = $"e{id}",
            ["event"] = name,
            ["session_id"] = session,
            ["timestamp"] = time,
            ["properties"] = JsonNode.Parse(properties),
            ["context"] = JsonNode.Parse(context),
            ["email"] = email,
        });

    private static readonly Gen<Write> Track = Gen.Select(User, Event, (user, item) => new Write("track", user, item));

    private static readonly Gen<Write> Identify = Gen.Select(
        User, Gen.Int[1, 5], Time, OneOf(Emails), OneOf(Traits), OneOf(Contexts),
        (user, id, time, email, traits, context) => new Write("identify", user, new JsonObject
        {
            ["event_id"] = $"i{id}",
            ["email"] = email,
            ["traits"] = JsonNode.Parse(traits),
            ["context"] = JsonNode.Parse(context),
            ["timestamp"] = time,
        }));

    private static readonly Gen<Write> Sync = Gen.Select(
        User, OneOf<string?>(null, "y1", "y2"), Time, OneOf(Profiles), Event.List[0, 3], Gen.Int[0, 2], Gen.Int[1, 3],
        (user, id, time, profile, events, session, version) => new Write("sync", user, new JsonObject
        {
            ["event_id"] = id,
            ["synced_at"] = time,
            ["data"] = new JsonObject
            {
                ["profile"] = JsonNode.Parse(profile),
                ["events"] = new JsonArray([.. events]),
                ["sessions"] = new JsonArray(new JsonObject { ["id"] = $"s{session}", ["version"] = version }),
            },
        }));

    // Reported live without an id, and by a sync with one: the two must meet whichever comes first.
    private static readonly Gen<(Write Live, Write Synced)> LiveAndSynced = Gen.Select(
        User, Event, Time, OneOf(Contexts), Gen.Int[1, 3],
        (user, item, syncedAt, liveContext, number) =>
        {
            var synced = (JsonObject)item.DeepClone();
            synced["event_id"] = $"own{number}";
            synced["properties"] = new JsonObject { ["number"] = number };
            synced["timestamp"] = Epoch + (number * 1000);
            synced["event"] = "view";
            synced["session_id"] = "s1";
            var live = (JsonObject)synced.DeepClone();
            live.Remove("event_id");
            live["context"] = JsonNode.Parse(liveContext);
            var data = new JsonObject { ["events"] = new JsonArray(synced) };
            return (new Write("track", user, live), new Write("sync", user, new JsonObject { ["synced_at"] = syncedAt, ["data"] = data }));
        });

    private static readonly Gen<(Write[] Once, Write[] Repeatable)> Writes = Gen.Select(
        Gen.Frequency((5, Track), (4, Identify), (3, Sync)).Array[1, 14], LiveAndSynced.Array[0, 3],
        (writes, pairs) =>
        {
            var distinct = pairs.DistinctBy(pair => (string)pair.Synced.Body["data"]!["events"]![0]!["event_id"]!).ToArray();
            return (distinct.Select(pair => pair.Live).ToArray(), writes.Concat(distinct.Select(pair => pair.Synced)).ToArray());
        });

    private static readonly Gen<(Write[] First, Write[] Second)> TwoOrders = Writes.SelectMany(writes => Gen.Select(
        Gen.Shuffle(writes.Once.Concat(writes.Repeatable).ToArray()),
        Gen.Int[1, 3].Array[writes.Repeatable.Length].SelectMany(times => Gen.Shuffle(
            writes.Once.Concat(writes.Repeatable.SelectMany((write, i) => Enumerable.Repeat(write, times[i]))).ToArray()))));

    private readonly ServerApp one = new();
    private readonly ServerApp other = new();
    private int runs;

    [Fact]
    public void Every_order_and_any_repetition_gives_the_same_profiles_events_and_sessions() =>
        TwoOrders.Sample(
            orders =>
            {
                // The same names in both, since a tie may go by a hash of them.
                var run = $"r{++runs:00000}-";
                RunOneByOne(orders.First, run);
                RunAsBatch(orders.Second, run);
                Assert.Equal(State(one, run), State(other, run));
            },
            iter: 400, threads: 1, print: orders => $"\n{string.Join('\n', orders.First)}\n--\n{string.Join('\n', orders.Second)}");

    [Theory]
    [InlineData("track", "properties", """{"v":1}""", """{"v":1.0}""")]
    [InlineData("track", "properties", """{"v":1,"w":2}""", """{"w":2,"v":1}""")]
    [InlineData("identify", "traits", """{"v":1}""", """{"v":1.0}""")]
    [InlineData("identify", "traits", """{"v":{"a":1,"b":2}}""", """{"v":{"b":2,"a":1}}""")]
    [InlineData("identify", "context", """{"v":100}""", """{"v":1e2}""")]
    public async Task Two_spellings_of_one_report_come_to_the_same_bytes_in_either_order(string verb, string field, string first, string second)
    {
        foreach (var (app, value) in new[] { (one, first), (one, second), (other, second), (other, first), (other, second) })
        {
            (await app.PostAsync(
                "/glue/" + verb, $$"""{"glue_user_id":"v","event":"e","email":"e@example.com","event_id":"1","timestamp":{{Epoch}},"{{field}}":{{value}} }""")).IsOk();
        }

        Assert.Equal(Stored(one), Stored(other));
        Assert.Empty(one.Differences());
        Assert.Empty(other.Differences());
    }

    public void Dispose()
    {
        one.Dispose();
        other.Dispose();
    }

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private void RunOneByOne(Write[] writes, string run)
    {
        foreach (var write in writes)
        {
            one.PostAsync("/glue/" + write.Verb, write.Named(run).ToJsonString()).GetAwaiter().GetResult().IsOk();
        }
    }

    private void RunAsBatch(Write[] writes, string run)
    {
        var items = writes.Select(write =>
        {
            var item = write.Named(run);
            item["type"] = write.Verb;
            return (JsonNode)item;
        });
        var reply = other.BatchAsync(new JsonObject { ["batch"] = new JsonArray([.. items]) }.ToJsonString()).GetAwaiter().GetResult().IsOk();
        Assert.DoesNotContain(reply.Json["results"]!.AsArray(), result => (string?)result!["status"] == "rejected");
    }

    // Object keys sorted, so that states compare as text.
    private static List<string> Stored(ServerApp app) => app.Query(
        """
        SELECT coalesce(properties, '') || coalesce(context, '') FROM events
        UNION ALL SELECT coalesce(traits, '') || coalesce(context, '') FROM identities
        UNION ALL SELECT value FROM traits
        UNION ALL SELECT traits FROM users
        """);

    private static string State(ServerApp app, string run)
    {
        var users = app.Query($"SELECT glue_user_id FROM users WHERE glue_user_id LIKE '{run}%' ORDER BY 1");
        var replies = users.Select(user => Canonical(app.UserAsync(user).GetAwaiter().GetResult().IsOk().Json)!.ToJsonString());
        var sessions = app.Query($"SELECT json_array(glue_user_id, session_id, json(data), synced_at) FROM sessions WHERE glue_user_id LIKE '{run}%' ORDER BY 1");
        var log = app.Query($"SELECT json_array(glue_user_id, event_id, kind, timestamp, email, name, claim, starts, traits, trusted, source) FROM identities WHERE glue_user_id LIKE '{run}%' ORDER BY 1");
        Assert.Empty(app.Differences());
        return string.Join('\n', replies.Concat(sessions).Concat(log));
    }

    private static JsonNode? Canonical(JsonNode? node) => node switch
    {
        JsonObject item => new JsonObject(item
            .Where(member => member.Key is not ("created_at" or "updated_at"))
            .OrderBy(member => member.Key, StringComparer.Ordinal)
            .Select(member => KeyValuePair.Create(member.Key, Canonical(member.Value)))),
        JsonArray items => new JsonArray([.. items.Select(Canonical)]),
        _ => node?.DeepClone(),
    };

    private sealed record Write(string Verb, string User, JsonObject Body)
    {
        /// <summary>The body with the names of one run; ids are the user's own.</summary>
        public JsonObject Named(string run)
        {
            var body = (JsonObject)Body.DeepClone();
            body["glue_user_id"] = run + User;
            Rename(body, run);
            foreach (var item in body["data"]?["events"]?.AsArray() ?? [])
            {
                Rename((JsonObject)item!, run);
            }

            return body;
        }

        public override string ToString() => $"{Verb} {User} {Body.ToJsonString()}";

        private void Rename(JsonObject item, string run)
        {
            if ((string?)item["event_id"] is { } id)
            {
                item["event_id"] = $"{run}{User}-{id}";
            }
        }
    }
}
