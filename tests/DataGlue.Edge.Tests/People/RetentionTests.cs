using CsCheck;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.People;

/// <summary>RETENTION_DAYS: old events go, and profiles stay what they are.</summary>
public sealed class RetentionTests : IDisposable
{
    private const int Days = 30;

    private readonly ServerApp app = new(("RETENTION_DAYS", $"{Days}"));
    private int runs;

    [Fact]
    public async Task Events_and_sessions_that_are_too_old_are_removed_and_no_other()
    {
        var now = app.Clock.GetUtcNow();
        foreach (var (id, age) in new[] { ("old", TimeSpan.FromDays(Days) + TimeSpan.FromMinutes(2)), ("young", TimeSpan.FromDays(Days) - TimeSpan.FromMinutes(2)) })
        {
            await app.PostAsync("/glue/sync", $$"""{"glue_user_id":"a","synced_at":{{(now - age).ToUnixTimeMilliseconds()}},"data":{"sessions":[{"id":"{{id}}"}],"events":[{"event":"e","event_id":"{{id}}","timestamp":{{(now - age).ToUnixTimeMilliseconds()}} }]} }""");
        }

        await ExpireAsync("SELECT count(*) FROM events", "1");

        Assert.Equal(["young"], app.Query("SELECT event_id FROM events"));
        app.Clock.Advance(TimeSpan.FromHours(1));
        await Poll.UntilAsync(() =>
        {
            app.Clock.Advance(TimeSpan.FromSeconds(61));
            return Task.FromResult(app.Query("SELECT count(*) FROM sessions")[0] == "0");
        });
        var user = (await app.UserAsync("a")).IsOk().Json["user"]!;
        Assert.Equal(Instant(now - TimeSpan.FromDays(Days) - TimeSpan.FromMinutes(2)), (string?)user["first_seen"]);
        Assert.Empty(app.Differences());
    }

    [Fact]
    public async Task More_than_one_step_is_removed()
    {
        foreach (var block in Enumerable.Range(0, 1_200).Chunk(400))
        {
            var items = block.Select(i => $$"""{"type":"track","glue_user_id":"v{{i % 7}}","event":"e","event_id":"e{{i:0000}}","timestamp":{{1_600_000_000_000 + i}} }""");
            (await app.PostAsync("/glue/batch", "{\"batch\":[" + string.Join(',', items) + "]}")).IsOk();
        }

        await ExpireAsync("SELECT count(*) FROM events", "0");
        Assert.Equal(["7"], app.Query("SELECT count(*) FROM identities WHERE kind = 'base'"));
        Assert.Equal("2020-09-13T12:26:40.000Z", (string?)(await app.UserAsync("v0")).IsOk().Json["user"]!["first_seen"]);
    }

    [Fact]
    public void Profiles_stay_what_they_are_whenever_their_events_expire() => Gen.Select(
        Gen.Select(Gen.Int[0, 40], Gen.Int[0, 3]).Array[1, 12], Gen.Int[0, 11]).Sample(
        (events, late) =>
        {
            var user = $"u{++runs}";
            var start = app.Clock.GetUtcNow() - TimeSpan.FromDays(Days + 20);
            string Body(int i) => $$"""
                {"glue_user_id":"{{user}}","event":"e","event_id":"{{user}}-{{i:00}}","timestamp":{{(start + TimeSpan.FromDays(events[i].Item1)).ToUnixTimeMilliseconds()}},
                 "context":{{(events[i].Item2 switch { 0 => "{}", 1 => """{"page":{"url":"https://shop.example/"}}""", var n => $$"""{"utm_source":"s{{n}}"}""" })}} }
                """;

            // One comes when others have expired.
            var last = Math.Min(late, events.Length - 1);
            for (var i = 0; i < events.Length; i++)
            {
                if (i != last)
                {
                    app.TrackAsync(Body(i)).GetAwaiter().GetResult().IsOk();
                }
            }

            var old = $"SELECT count(*) FROM events WHERE timestamp < '{Instant(app.Clock.GetUtcNow() - TimeSpan.FromDays(Days))}'";
            ExpireAsync(old, "0").GetAwaiter().GetResult();
            app.TrackAsync(Body(last)).GetAwaiter().GetResult().IsOk();
            var before = Profile(user);
            ExpireAsync(old, "0").GetAwaiter().GetResult();
            Assert.Equal(before, Profile(user));
            Assert.Empty(app.Differences());

            // What all of them together make, when none expires.
            using var whole = new ServerApp();
            for (var i = 0; i < events.Length; i++)
            {
                whole.TrackAsync(Body(i)).GetAwaiter().GetResult().IsOk();
            }

            Assert.Equal(whole.Query($"SELECT json_array(first_seen, last_seen, attribution, first_touch_key, last_touch_key) FROM users WHERE glue_user_id = '{user}'")[0], before);
        },
        iter: 25, threads: 1);

    public void Dispose() => app.Dispose();

    private static string Instant(DateTimeOffset time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);

    private string Profile(string user) =>
        app.Query($"SELECT json_array(first_seen, last_seen, attribution, first_touch_key, last_touch_key) FROM users WHERE glue_user_id = '{user}'")[0];

    private async Task ExpireAsync(string sql, string expected)
    {
        app.Clock.Advance(TimeSpan.FromSeconds(61));
        await Poll.UntilAsync(() => Task.FromResult(app.Query(sql)[0] == expected));
    }
}
