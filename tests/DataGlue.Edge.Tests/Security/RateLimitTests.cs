using System.Globalization;
using System.Net;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Security;

public sealed class RateLimitTests : IDisposable
{
    private const string Track = """{"glue_user_id":"a","event":"e"}""";

    private const string Key = "a-key-of-the-owner";

    private ServerApp? app;

    [Fact]
    public async Task The_limit_is_exact_says_when_to_come_back_and_then_lets_in_again()
    {
        Start(5);
        for (var i = 0; i < 5; i++)
        {
            (await app!.TrackAsync(Track)).IsOk();
        }

        var refused = await app!.TrackAsync(Track);
        refused.IsError(HttpStatusCode.TooManyRequests, "More than 5 requests in a minute from this address; wait as long as Retry-After says");
        var wait = int.Parse(refused.Header("Retry-After")!, CultureInfo.InvariantCulture);
        Assert.InRange(wait, 1, 60);
        Assert.Equal(["5"], app.Query("SELECT count(*) FROM events"));

        // The limiter has a clock of its own, which no test can set.
        await Task.Delay(TimeSpan.FromSeconds(wait + 0.3));
        (await app.TrackAsync(Track)).IsOk();
    }

    [Fact]
    public async Task Every_endpoint_below_glue_counts_and_nothing_else()
    {
        Start(4);
        await app!.GetAsync("/glue/user/a");
        await app.GetAsync("/glue/outbox");
        await app.PostAsync("/glue/track", "{");
        await app.SendAsync("POST", "//GLUE/track", Track);

        Assert.Equal(HttpStatusCode.TooManyRequests, (await app.GetAsync("/glue/user/a")).Status);
        foreach (var path in new[] { "/healthz", "/readyz", "/metrics", "/openapi.json" })
        {
            (await app.GetAsync(path)).IsOk();
        }

        Assert.Equal(HttpStatusCode.NotFound, (await app.GetAsync("/glue/nothing")).Status);
    }

    [Fact]
    public async Task A_caller_with_the_key_is_exempt_and_one_who_guesses_is_not()
    {
        Start(3, ("API_KEY", Key));
        for (var i = 0; i < 10; i++)
        {
            (await app!.SendAsync("POST", "/glue/track", Track, ("x-api-key", Key))).IsOk();
        }

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await app!.SendAsync("GET", "/glue/user/a", null, ("x-api-key", $"guess-{i}"))).Status);
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, (await app!.SendAsync("GET", "/glue/user/a", null, ("x-api-key", "guess-4"))).Status);
        (await app.SendAsync("GET", "/glue/user/a", null, ("x-api-key", Key))).IsOk();
    }

    [Theory]
    [InlineData("/metrics")]
    [InlineData("/openapi.json")]
    [InlineData("/nothing")]
    public async Task A_guess_counts_wherever_it_is_tried(string path)
    {
        Start(3, ("API_KEY", Key));
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await app!.SendAsync("GET", path, null, ("x-api-key", $"guess-{i}"))).Status);
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, (await app!.SendAsync("GET", path, null, ("x-api-key", "guess-4"))).Status);
    }

    [Fact]
    public async Task Zero_turns_it_off()
    {
        Start(0);
        for (var i = 0; i < 150; i++)
        {
            (await app!.TrackAsync(Track)).IsOk();
        }
    }

    [Theory]
    [InlineData("X-Forwarded-For", "198.51.100.{0}")]
    [InlineData("Fly-Client-IP", "198.51.100.{0}")]
    [InlineData("X-Real-IP", "198.51.100.{0}")]
    [InlineData("Forwarded", "for=198.51.100.{0}")]
    public async Task A_forged_address_changes_nothing(string header, string address)
    {
        Start(3);

        await LimitedAfterAsync(3, i => [(header, string.Format(CultureInfo.InvariantCulture, address, i))]);
    }

    [Theory]
    [InlineData("198.51.100.{0}, 203.0.113.7", false)]
    [InlineData("203.0.113.7, 198.51.100.{0}", true)]
    [InlineData("203.0.113.7, 198.51.100.{0}, 10.0.0.9", true)]
    [InlineData("203.0.113.7, 198.51.100.{0}:1234, 10.0.0.9,127.0.0.2", true)]
    [InlineData("198.51.100.{0}, garbage", false)]
    [InlineData("198.51.100.{0},", false)]
    [InlineData("[2001:db8:0:{0}::1]:443", true)]
    [InlineData("2001:db8:0:{0}::1", true)]
    [InlineData("2001:db8::{0}", false)]
    [InlineData("2001:db8:0:0:{0}::1", false)]
    [InlineData("::ffff:198.51.100.{0}", true)]
    public async Task Of_a_trusted_proxy_the_list_is_read_from_the_right(string list, bool isAddressOfItsOwn)
    {
        Start(3, ("TRUSTED_PROXIES", "127.0.0.0/8, 10.1.2.3/8"));

        if (isAddressOfItsOwn)
        {
            await NeverLimitedAsync(8, i => [("X-Forwarded-For", string.Format(CultureInfo.InvariantCulture, list, i))]);
        }
        else
        {
            await LimitedAfterAsync(3, i => [("X-Forwarded-For", string.Format(CultureInfo.InvariantCulture, list, i))]);
        }
    }

    [Fact]
    public async Task Addresses_are_counted_one_by_one()
    {
        Start(2, ("TRUSTED_PROXIES", "127.0.0.1"));
        for (var address = 1; address <= 5; address++)
        {
            await LimitedAfterAsync(2, _ => [("X-Forwarded-For", $"198.51.100.{address}")]);
        }
    }

    [Fact]
    public async Task A_proxy_that_appends_to_the_list_may_let_the_header_of_Fly_through_as_it_was_forged()
    {
        Start(3, ("TRUSTED_PROXIES", "127.0.0.1/32"));

        await NeverLimitedAsync(8, i => [("Fly-Client-IP", $"198.51.100.{i}")]);
        await LimitedAfterAsync(3, i => [("Fly-Client-IP", $"198.51.100.{i}"), ("X-Forwarded-For", "203.0.113.9")]);
    }

    [Fact]
    public async Task On_Fly_its_own_header_counts_and_not_the_list_which_ends_with_the_address_of_the_application()
    {
        Start(3, ("FLY_APP_NAME", "edge"), ("TRUSTED_PROXIES", "127.0.0.0/8"));

        await NeverLimitedAsync(8, i => [("Fly-Client-IP", $"198.51.100.{i}"), ("X-Forwarded-For", "203.0.113.9, 66.241.125.1")]);
        await LimitedAfterAsync(3, i => [("Fly-Client-IP", "198.51.100.99"), ("X-Forwarded-For", $"203.0.113.{i}, 66.241.125.1")]);
    }

    [Fact]
    public async Task On_Fly_a_neighbour_who_is_not_its_proxy_is_not_believed()
    {
        Start(3, ("FLY_APP_NAME", "edge"));

        await LimitedAfterAsync(3, i => [("Fly-Client-IP", $"198.51.100.{i}")]);
    }

    public void Dispose() => app?.Dispose();

    private void Start(int limit, params (string Name, string Value)[] settings) =>
        app = new ServerApp([("RATE_LIMIT", limit.ToString(CultureInfo.InvariantCulture)), .. settings]);

    private async Task LimitedAfterAsync(int limit, Func<int, (string Name, string Value)[]> headers)
    {
        await NeverLimitedAsync(limit, headers);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await app!.SendAsync("POST", "/glue/track", Track, headers(limit))).Status);
    }

    private async Task NeverLimitedAsync(int requests, Func<int, (string Name, string Value)[]> headers)
    {
        for (var i = 0; i < requests; i++)
        {
            (await app!.SendAsync("POST", "/glue/track", Track, headers(i))).IsOk();
        }
    }
}
