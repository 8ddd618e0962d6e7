using System.Net;
using DataGlue.Edge.Tests.Regions;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Ingest;

/// <summary>The clock of the machine is set back, as after a wrong time server, or was ahead and is corrected: what was received keeps the time at which it was,
/// and nothing waits for a time that will not come.</summary>
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

    [Fact]
    public async Task A_clock_that_was_a_day_ahead_and_is_corrected_loses_nothing()
    {
        app.Clock.AdjustTime(ServerApp.Start.AddDays(1));
        var ahead = await TrackAsync();
        (await app.TrackAsync("""{"glue_user_id":"a","event":"e","event_id":"own","timestamp":"2024-06-03T12:00:00.000Z"}""")).IsOk();
        app.Clock.AdjustTime(ServerApp.Start);
        var after = await TrackAsync();

        var journey = (await app.UserAsync("a")).IsOk().Json;
        Assert.Equal([.. after, .. ahead, "own"], journey["events"]!.AsArray().Select(item => (string)item!["event_id"]!));
        Assert.Equal("2024-06-01T12:00:00.000Z", (string?)journey["user"]!["first_seen"]);
        Assert.Equal("2024-06-03T12:00:00.000Z", (string?)journey["user"]!["last_seen"]);

        // A repetition is one, and a time is ahead by the corrected clock.
        Assert.True((bool)(await app.TrackAsync("""{"glue_user_id":"a","event":"e","event_id":"own","timestamp":"2024-06-02T12:00:00.000Z"}""")).IsOk().Json["duplicate"]!);
        Assert.Equal(HttpStatusCode.BadRequest, (await app.TrackAsync("""{"glue_user_id":"a","event":"e","timestamp":"2024-06-03T12:00:00.000Z"}""")).Status);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task A_clock_that_jumps_gives_and_takes_no_requests_of_the_limit(int days)
    {
        using var limited = new ServerApp(("RATE_LIMIT", "4"));
        (await limited.TrackAsync("""{"glue_user_id":"a","event":"e"}""")).IsOk();
        (await limited.TrackAsync("""{"glue_user_id":"a","event":"e"}""")).IsOk();
        limited.Clock.AdjustTime(ServerApp.Start.AddDays(days));
        (await limited.TrackAsync("""{"glue_user_id":"a","event":"e"}""")).IsOk();
        (await limited.TrackAsync("""{"glue_user_id":"a","event":"e"}""")).IsOk();
        Assert.Equal(HttpStatusCode.TooManyRequests, (await limited.TrackAsync("""{"glue_user_id":"a","event":"e"}""")).Status);
        limited.Clock.AdjustTime(ServerApp.Start);

        Assert.Equal(HttpStatusCode.TooManyRequests, (await limited.TrackAsync("""{"glue_user_id":"a","event":"e"}""")).Status);
    }

    [Fact]
    public async Task An_item_that_was_postponed_while_the_clock_was_ahead_is_relayed_when_it_is_corrected()
    {
        using var folder = new TempFolder();
        var path = folder.File("edge.db");
        using (var edge = HomeAndEdge.EdgeOf($"http://127.0.0.1:{ServerApp.FreePort()}", ("DATABASE_PATH", path)))
        {
            (await edge.TrackAsync("""{"glue_user_id":"a","event":"e","event_id":"1"}""")).IsOk();
        }

        new DatabaseFile(path).Query("UPDATE outbox SET attempts = 3, next_try = '2024-06-02T12:00:00.000Z'");
        using var home = new ServerApp(("API_KEY", HomeAndEdge.Key));
        using (var edge = HomeAndEdge.EdgeOf(home.Url, ("DATABASE_PATH", path)))
        {
            await Poll.UntilAsync(async () => (int)(await edge.GetAsync("/glue/outbox")).IsOk().Json["depth"]! == 0);
        }

        Assert.Equal(["1"], home.Query("SELECT event_id FROM events"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void The_log_is_silent_for_ten_seconds_whatever_the_clock_says(int days)
    {
        var clock = new JumpingClock();
        var throttle = new LogThrottle(clock);
        Assert.True(throttle.Allows(1));
        clock.Now = clock.Now.AddDays(days);
        Assert.False(throttle.Allows(1));
        clock.Now = ServerApp.Start;
        clock.Passed = LogThrottle.Silence - TimeSpan.FromMilliseconds(1);
        Assert.False(throttle.Allows(1));
        clock.Passed = LogThrottle.Silence;
        Assert.True(throttle.Allows(1));
    }

    public void Dispose() => app.Dispose();

    // As the machine's own: what has passed does not follow the time of day.
    private sealed class JumpingClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = ServerApp.Start;

        public TimeSpan Passed { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;

        public override long GetTimestamp() => (long)(Passed.TotalSeconds * TimestampFrequency);
    }

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
