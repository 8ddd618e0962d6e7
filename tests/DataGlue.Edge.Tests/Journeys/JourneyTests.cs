using System.Net;
using System.Text.Json.Nodes;
using CsCheck;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Journeys;

public sealed class JourneyTests : IDisposable
{
    private const string BadLimit = "limit must be a whole number from 1 to 2147483647";

    private const string AfterInSeconds = "after is a number below 100,000,000,000: is it in seconds? It must be in milliseconds since 1970";

    private const string BadAfter = "after must be the event_id of an event of this journey, or an instant";

    private readonly ServerApp app = new();

    [Fact]
    public async Task Events_ascend_by_time_and_at_the_same_time_by_id()
    {
        await TrackAsync("a", ("c", 3), ("b", 1), ("a2", 2), ("a1", 2), ("\U0001F600", 2), ("\uFF5E", 2));

        // By UTF-8, as SQLite compares: the emoji comes after every letter of the basic plane.
        Assert.Equal(["b", "a1", "a2", "\uFF5E", "\U0001F600", "c"], await IdsAsync("/glue/user/a"));
    }

    [Fact]
    public async Task An_email_gives_all_its_profiles_the_one_seen_last_in_front_and_their_events_in_one_list()
    {
        await TrackAsync("old", ("e1", 1), ("e4", 4));
        await TrackAsync("new", ("e2", 2), ("e3", 3), ("e5", 5));
        await TrackAsync("other", ("x", 1));
        await app.IdentifyAsync("""{"glue_user_id":"old","email":"Jo@Example.com","timestamp":1704376804000}""");
        await app.IdentifyAsync("""{"glue_user_id":"new","email":"jo@example.com","timestamp":1704376805000}""");

        var reply = (await app.GetAsync("/glue/user/email/JO%40example.COM")).IsOk().Json;

        Assert.Equal("new", (string?)reply["user"]!["glue_user_id"]);
        Assert.Equal(["new", "old"], reply["users"]!.AsArray().Select(user => (string)user!["glue_user_id"]!));
        Assert.Equal(["e1", "e2", "e3", "e4", "e5"], Ids(reply));
        Assert.Equal(
            """{"total_events":5,"first_event":"2024-01-04T14:00:01.000Z","last_event":"2024-01-04T14:00:05.000Z"}""", reply["summary"]!.ToJsonString());
    }

    [Theory]
    [InlineData("MÜLLER@example.com", "müller@EXAMPLE.com")]
    [InlineData("mÜller@example.com", "Müller@example.com")]
    [InlineData("plain@example.com", "PLAIN@EXAMPLE.COM")]
    [InlineData("blanks@example.com", "  blanks@example.com ")]
    public async Task Email_compares_without_case(string stored, string asked)
    {
        await app.IdentifyAsync($$"""{"glue_user_id":"a","email":"{{stored}}"}""");

        Assert.Equal(stored, (string?)(await app.PersonAsync(asked)).IsOk().Json["user"]!["email"]);
    }

    [Fact]
    public async Task A_browser_that_has_another_email_by_now_keeps_what_it_did_under_its_old_one()
    {
        await app.IdentifyAsync("""{"glue_user_id":"a","email":"ä@example.com","timestamp":1704376800001}""");
        await app.IdentifyAsync("""{"glue_user_id":"a","email":"b@example.com","timestamp":1704376800002}""");

        await app.TrackAsync("""{"glue_user_id":"a","event":"e","event_id":"first","timestamp":1704376800000}""");
        await app.TrackAsync("""{"glue_user_id":"a","event":"e","event_id":"second","timestamp":1704376800002}""");

        Assert.Equal(["first"], Ids((await app.PersonAsync("ä@example.com")).IsOk().Json));
        Assert.Equal(["second"], Ids((await app.PersonAsync("b@example.com")).IsOk().Json));
    }

    [Theory]
    [InlineData("?limit=2", "e1 e2", "e2")]
    [InlineData("?limit=2&after=e2", "e3 e4", null)]
    [InlineData("?limit=3&after=e2", "e3 e4", null)]
    [InlineData("?limit=4", "e1 e2 e3 e4", null)]
    [InlineData("?after=e4", "", null)]
    [InlineData("?after=2024-01-04T14:00:02Z", "e3 e4", null)]
    [InlineData("?after=1704376801999&limit=1", "e2", "e2")]
    public async Task Limit_and_after_page(string query, string ids, string? next)
    {
        await TrackAsync("a", ("e1", 1), ("e2", 2), ("e3", 3), ("e4", 4));
        await app.IdentifyAsync("""{"glue_user_id":"a","email":"a@example.com"}""");

        foreach (var path in new[] { "/glue/user/a", "/glue/user/email/a@example.com" })
        {
            var reply = (await app.GetAsync(path + query)).IsOk().Json;
            Assert.Equal(ids, string.Join(' ', Ids(reply)));
            Assert.Equal(next, (string?)reply["next_after"]);
            Assert.Equal(4, (int)reply["summary"]!["total_events"]!);
        }
    }

    [Theory]
    [InlineData("", "e d c b a", null)]
    [InlineData("?users_limit=5", "e d c b a", null)]
    [InlineData("?users_limit=2147483647", "e d c b a", null)]
    [InlineData("?users_limit=4", "e d c b", "b")]
    [InlineData("?users_limit=1", "e", "e")]
    [InlineData("?users_limit=2&users_after=d", "c b", "b")]
    [InlineData("?users_limit=2147483647&users_after=b", "a", null)]
    [InlineData("?users_after=a", "", null)]
    [InlineData("?users_limit=1&limit=2", "e", "e")]
    public async Task The_users_of_an_email_come_in_pages_and_what_they_did_does_not_depend_on_it(string query, string users, string? next)
    {
        foreach (var (user, second) in new[] { ("a", 1), ("b", 2), ("c", 3), ("d", 4), ("e", 5) })
        {
            await TrackAsync(user, (user + "1", second));
            (await app.IdentifyAsync($$"""{"glue_user_id":"{{user}}","email":"a@example.com","timestamp":{{1_704_376_800_000 + (second * 1_000)}} }""")).IsOk();
        }

        var reply = (await app.GetAsync("/glue/user/email/a@example.com" + query)).IsOk().Json;

        Assert.Equal(users, string.Join(' ', reply["users"]!.AsArray().Select(user => (string)user!["glue_user_id"]!)));
        Assert.Equal(next, (string?)reply["next_users_after"]);
        Assert.Equal("e", (string?)reply["user"]!["glue_user_id"]);
        Assert.Equal(5, (int)reply["summary"]!["total_events"]!);
        Assert.Equal(query.Contains("&limit=2", StringComparison.Ordinal) ? 2 : 5, Ids(reply).Count());
    }

    [Theory]
    [InlineData("?users_limit=0", "users_limit must be a whole number from 1 to 2147483647")]
    [InlineData("?users_limit=x", "users_limit must be a whole number from 1 to 2147483647")]
    [InlineData("?users_after=nobody", "users_after must be the glue_user_id of one of the users, as next_users_after gives it")]
    public async Task A_page_of_users_that_makes_no_sense_is_a_400(string query, string sentence)
    {
        await app.IdentifyAsync("""{"glue_user_id":"a","email":"a@example.com"}""");

        (await app.GetAsync("/glue/user/email/a@example.com" + query)).IsError(HttpStatusCode.BadRequest, sentence);
    }

    [Theory]
    [InlineData("2024-01-04T16:00:01+02:00")]
    [InlineData("2024-01-04T16:00:01%2B02:00")]
    [InlineData("2024-01-04T16:00:01%2002:00")]
    [InlineData("2024-01-04T14:00:01Z")]
    [InlineData("e+1")]
    [InlineData("e%2B1")]
    public async Task A_plus_sign_in_after_may_be_escaped_or_not(string after)
    {
        await TrackAsync("a", ("e+1", 1), ("e2", 2));

        Assert.Equal(["e2"], await IdsAsync("/glue/user/a?after=" + after));
    }

    [Theory]
    [InlineData("?limit=0", BadLimit)]
    [InlineData("?limit=-1", BadLimit)]
    [InlineData("?limit=many", BadLimit)]
    [InlineData("?limit=2147483648", BadLimit)]
    [InlineData("?limit=1&limit=2", "limit appears 2 times; give it once")]
    [InlineData("?after=e1&after=e1&after=e1", "after appears 3 times; give it once")]
    [InlineData("?limit=", BadLimit)]
    [InlineData("?after=nothing", BadAfter)]
    [InlineData("?after=others", BadAfter)]
    [InlineData("?after=", BadAfter)]
    [InlineData("?after=0", AfterInSeconds)]
    [InlineData("?after=1704376801", AfterInSeconds)]
    [InlineData("?after=99999999999", AfterInSeconds)]
    public async Task A_page_that_makes_no_sense_is_a_400(string query, string sentence)
    {
        await TrackAsync("a", ("e1", 1));
        await TrackAsync("b", ("others", 1));

        (await app.GetAsync("/glue/user/a" + query)).IsError(HttpStatusCode.BadRequest, sentence);
    }

    [Fact]
    public void Pages_of_any_size_over_any_profiles_give_the_whole_list_once()
    {
        var run = 0;
        Gen.Select(Gen.Select(Gen.Int[0, 3], Gen.Int[0, 5]).Array[0, 40], Gen.Int[1, 9]).Sample(
            (events, limit) =>
            {
                var person = $"p{++run}@example.com";
                for (var user = 0; user < 4; user++)
                {
                    app.IdentifyAsync($$"""{"glue_user_id":"{{run}}-{{user}}","email":"{{person}}","timestamp":1704376800001}""").GetAwaiter().GetResult().IsOk();
                }

                var items = events.Select((item, i) =>
                    $$"""{"type":"track","glue_user_id":"{{run}}-{{item.Item1}}","event":"e","event_id":"{{run}}-{{i:00}}","timestamp":{{1704376800000 + item.Item2}} }""");
                app.BatchAsync("{\"batch\":[" + string.Join(',', items) + "]}").GetAwaiter().GetResult().IsOk();

                var expected = events.Select((item, i) => (item.Item2, Id: $"{run}-{i:00}")).Order().Select(item => item.Id);
                Assert.Equal(expected, Pages("/glue/user/email/" + person, limit));
            },
            iter: 60, threads: 1);
    }

    [Theory]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(257)]
    public async Task The_events_of_very_many_profiles_come_in_one_list(int profiles)
    {
        // Three events of each, so that every profile's turn comes three times.
        foreach (var block in Enumerable.Range(0, profiles).Chunk(200))
        {
            var items = block.SelectMany(user => Enumerable.Range(0, 3)
                .Select(turn => $$"""{"type":"track","glue_user_id":"u{{user}}","event":"e","event_id":"{{turn}}-{{user:000}}","timestamp":{{1704376800000 + (turn * 1000) + user}} }""")
                .Append($$"""{"type":"identify","glue_user_id":"u{{user}}","email":"a@example.com","timestamp":1704376800001}"""));
            (await app.BatchAsync("{\"batch\":[" + string.Join(',', items) + "]}")).IsOk();
        }

        var expected = Enumerable.Range(0, 3).SelectMany(turn => Enumerable.Range(0, profiles).Select(user => $"{turn}-{user:000}")).ToArray();
        Assert.Equal(expected, await IdsAsync("/glue/user/email/a@example.com"));
        Assert.Equal(expected, Pages("/glue/user/email/a@example.com", 100));
    }

    [Fact]
    public async Task A_journey_longer_than_a_page_comes_whole()
    {
        for (var block = 0; block < 3; block++)
        {
            var items = Enumerable.Range(block * 700, 700).Select(i =>
                $$"""{"type":"track","glue_user_id":"a","event":"e","event_id":"e{{i:00000}}","timestamp":{{1704376800000 + (i / 3)}} }""");
            (await app.BatchAsync("{\"batch\":[" + string.Join(',', items) + "]}")).IsOk();
        }

        Assert.Equal(Enumerable.Range(0, 2_100).Select(i => $"e{i:00000}"), await IdsAsync("/glue/user/a"));
    }

    public void Dispose() => app.Dispose();

    private static IEnumerable<string> Ids(JsonNode reply) => reply["events"]!.AsArray().Select(item => (string)item!["event_id"]!);

    private async Task<IEnumerable<string>> IdsAsync(string path) => Ids((await app.GetAsync(path)).IsOk().Json);

    private List<string> Pages(string path, int limit)
    {
        var ids = new List<string>();
        string? after = null;
        do
        {
            var query = $"?limit={limit}" + (after is null ? "" : "&after=" + after);
            var reply = app.GetAsync(path + query).GetAwaiter().GetResult().IsOk().Json;
            ids.AddRange(Ids(reply));
            after = (string?)reply["next_after"];
        }
        while (after is not null);

        return ids;
    }

    private async Task TrackAsync(string user, params (string Id, int Second)[] events)
    {
        foreach (var (id, second) in events)
        {
            (await app.TrackAsync(
                $$"""{"glue_user_id":"{{user}}","event":"e","event_id":"{{id}}","timestamp":{{1704376800000 + (second * 1000)}} }""")).IsOk();
        }
    }
}
