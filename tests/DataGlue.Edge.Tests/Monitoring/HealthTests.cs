using System.Net;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Monitoring;

public sealed class HealthTests : IDisposable
{
    private readonly ServerApp app = new();

    [Fact]
    public async Task A_live_server_says_so() =>
        Assert.Equal(Product.Alive("home"), (await app.GetAsync("/healthz")).IsOk().Body);

    [Fact]
    public async Task A_server_whose_database_takes_a_write_says_so_and_has_written()
    {
        Assert.Equal("""{"success":true,"status":"ready"}""", (await app.GetAsync("/readyz")).IsOk().Body);

        Assert.Equal(["2024-06-01T12:00:00.000Z"], app.Query("SELECT value FROM server_state WHERE name = 'probed_at'"));
        Assert.Empty(app.Contents());
    }

    [Fact]
    public async Task The_database_is_tried_once_a_second_at_the_most_and_the_answer_is_shared()
    {
        await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ => (await app.GetAsync("/readyz")).IsOk()));
        app.Clock.Advance(TimeSpan.FromMilliseconds(999));
        (await app.GetAsync("/readyz")).IsOk();
        Assert.Equal(["2024-06-01T12:00:00.000Z"], app.Query("SELECT value FROM server_state WHERE name = 'probed_at'"));

        app.Clock.Advance(TimeSpan.FromMilliseconds(1));
        (await app.GetAsync("/readyz")).IsOk();
        Assert.Equal(["2024-06-01T12:00:01.000Z"], app.Query("SELECT value FROM server_state WHERE name = 'probed_at'"));
    }

    [Fact]
    public async Task Who_asks_while_a_write_waits_is_told_after_two_seconds_and_told_why_when_it_is_known()
    {
        await using (await app.LockAsync())
        {
            var asked = app.GetAsync("/readyz");
            while (!asked.IsCompleted)
            {
                app.Clock.Advance(TimeSpan.FromSeconds(2));
                await Task.Delay(20);
            }

            (await asked).IsError(HttpStatusCode.ServiceUnavailable, "The database takes no writes: a write has waited for 2 s");
            Assert.Equal("1", (await asked).Header("Retry-After"));
            (await app.GetAsync("/healthz")).IsOk();

            // What was asked in the meantime, once the database has answered that it is locked.
            var reply = await asked;
            while (!reply.Error.Contains("another process", StringComparison.Ordinal))
            {
                reply = await app.GetAsync("/readyz");
            }

            reply.IsError(HttpStatusCode.ServiceUnavailable, "The database takes no writes: another process holds the lock of the database");
        }

        app.Clock.Advance(TimeSpan.FromSeconds(1));
        (await app.GetAsync("/readyz")).IsOk();
    }

    [Theory]
    [InlineData("POST", "/healthz")]
    [InlineData("DELETE", "/readyz")]
    public async Task Another_method_is_a_405(string method, string path) =>
        (await app.SendAsync(method, path)).IsError(HttpStatusCode.MethodNotAllowed, "Method not allowed; use GET, HEAD");

    public void Dispose() => app.Dispose();
}
