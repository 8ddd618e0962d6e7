using DataGlue.Edge.Edge;
using DataGlue.Edge.Tests.Support;
using Microsoft.Extensions.Configuration;

namespace DataGlue.Edge.Tests.Regions;

/// <summary>Which node is an edge, and of which home.</summary>
public sealed class HomeAddressTests
{
    private const string Https = "HOME_URL must begin with https:// where the address is not a private one, since the key is sent there, not ";

    private const string Blank = "HOME_URL must have a value where it is set, and it is blank; give it one, or unset it";

    private const string Form = "HOME_URL must be an address like https://home.example.com, not ";

    [Theory]
    [InlineData("https://home.example.com", "https://home.example.com/")]
    [InlineData("https://home.example.com:8443/glue-home/", "https://home.example.com:8443/glue-home/")]
    [InlineData("http://localhost:3000", "http://localhost:3000/")]
    [InlineData("http://127.0.0.1:3000", "http://127.0.0.1:3000/")]
    [InlineData("http://[::1]:3000", "http://[::1]:3000/")]
    [InlineData("http://10.1.2.3", "http://10.1.2.3/")]
    [InlineData("http://172.16.0.1", "http://172.16.0.1/")]
    [InlineData("http://172.31.255.255", "http://172.31.255.255/")]
    [InlineData("http://192.168.1.1", "http://192.168.1.1/")]
    [InlineData("http://100.64.0.1", "http://100.64.0.1/")]
    [InlineData("http://[fdaa:0:1::3]:3000", "http://[fdaa:0:1::3]:3000/")]
    [InlineData("http://home:3000", "http://home:3000/")]
    [InlineData("http://fra.glue.internal:3000", "http://fra.glue.internal:3000/")]
    [InlineData("http://glue.railway.internal:3000", "http://glue.railway.internal:3000/")]
    public void An_address_makes_an_edge(string text, string home)
    {
        var settings = Read(("HOME_URL", text), ("API_KEY", "key"));

        Assert.Equal((home, "edge"), (settings.Home!.AbsoluteUri, Role.Of(settings).Name));
    }

    [Theory]
    [InlineData("http://home.example.com", Https + "'http://home.example.com'")]
    [InlineData("http://1.1.1.1", Https + "'http://1.1.1.1'")]
    [InlineData("http://172.32.0.1", Https + "'http://172.32.0.1'")]
    [InlineData("http://172.15.255.255", Https + "'http://172.15.255.255'")]
    [InlineData("http://100.128.0.1", Https + "'http://100.128.0.1'")]
    [InlineData("http://[2606:4700::1111]", Https + "'http://[2606:4700::1111]'")]
    [InlineData("http://internal.example.com", Https + "'http://internal.example.com'")]
    [InlineData("http://10.0.0.1.example.com", Https + "'http://10.0.0.1.example.com'")]
    [InlineData("home.example.com", Form + "'home.example.com'")]
    [InlineData("ftp://home.example.com", Form + "'ftp://home.example.com'")]
    [InlineData("https://home.example.com?x=1", Form + "'https://home.example.com?x=1'")]
    [InlineData("https://home.example.com#x", Form + "'https://home.example.com#x'")]
    [InlineData("/glue", Form + "'/glue'")]
    [InlineData("ftp://owner:sec/ret@home.example.com", Form + "'ftp://***@home.example.com'")]
    [InlineData("", Blank)]
    [InlineData(" ", Blank)]
    [InlineData("https://owner:secret@home.example.com", "HOME_URL must be an address without a name or password in it; the key is that of API_KEY")]
    public void An_address_that_cannot_be_used_is_named(string text, string message) =>
        Assert.Equal(message, Assert.Throws<SettingException>(() => Read(("HOME_URL", text), ("API_KEY", "key"))).Message);

    [Theory]
    [InlineData("ams", "fra", "http://fra.glue.internal:3000/")]
    [InlineData("fra", "fra", null)]
    [InlineData("fra", "FRA", null)]
    [InlineData(null, "fra", null)]
    [InlineData(null, null, null)]
    public void On_Fly_the_regions_decide(string? region, string? primary, string? home) =>
        Assert.Equal(home, Read(("FLY_APP_NAME", "glue"), ("FLY_REGION", region), ("PRIMARY_REGION", primary), ("API_KEY", "key")).Home?.AbsoluteUri);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void On_Fly_a_region_is_not_its_own_home_for_want_of_a_primary_one(string? primary) => Assert.Equal(
        "PRIMARY_REGION must be set on Fly.io, to the region of the home (primary_region in fly.toml), or HOME_URL to its address: without them ams would be a home of its own",
        Assert.Throws<SettingException>(() => Read(("FLY_APP_NAME", "glue"), ("FLY_REGION", "ams"), ("PRIMARY_REGION", primary), ("API_KEY", "key"))).Message);

    [Fact]
    public void On_Fly_the_port_is_that_of_the_app_and_an_address_of_ones_own_wins()
    {
        (string, string?)[] fly = [("FLY_APP_NAME", "glue"), ("FLY_REGION", "ams"), ("PRIMARY_REGION", "fra"), ("API_KEY", "key")];

        Assert.Equal("http://fra.glue.internal:8080/", Read([.. fly, ("PORT", "8080")]).Home!.AbsoluteUri);
        Assert.Equal("https://home.example.com/", Read([.. fly, ("HOME_URL", "https://home.example.com")]).Home!.AbsoluteUri);
        Assert.Equal("https://home.example.com/", Read(("FLY_APP_NAME", "glue"), ("FLY_REGION", "fra"), ("PRIMARY_REGION", "fra"), ("API_KEY", "key"), ("HOME_URL", "https://home.example.com")).Home!.AbsoluteUri);
    }

    [Fact]
    public void An_edge_has_a_key() => Assert.Equal(
        "API_KEY must be set at an edge, to a key of its home https://home.example.com/",
        Assert.Throws<SettingException>(() => Read(("HOME_URL", "https://home.example.com"))).Message);

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("203.0.113.7 10.0.0.5 2606:4700::1111 fdaa:0:1::3", "10.0.0.5 fdaa:0:1::3")]
    [InlineData("::ffff:192.168.1.1 ::ffff:203.0.113.7", "::ffff:192.168.1.1")]
    [InlineData("203.0.113.7", null)]
    [InlineData("", null)]
    public void Of_the_addresses_of_a_name_the_private_ones_are_used_alone(string addresses, string? used)
    {
        var found = addresses.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(System.Net.IPAddress.Parse).ToArray();

        if (used is null)
        {
            Assert.Equal(
                "'home' leads to no private address; give HOME_URL https://, since keys are sent there",
                Assert.Throws<IOException>(() => HomeAddress.PrivateOnly("home", found)).Message);
        }
        else
        {
            Assert.Equal(used, string.Join(' ', (IEnumerable<object>)HomeAddress.PrivateOnly("home", found)));
        }
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    public async Task A_home_without_tls_is_reached_by_name_and_by_address(string host)
    {
        using var home = new ServerApp(("API_KEY", HomeAndEdge.Key));
        using var edge = HomeAndEdge.EdgeOf($"http://{host}:{new Uri(home.Url).Port}");

        (await edge.IdentifyAsync("""{"glue_user_id":"a","email":"a@example.com"}""")).IsOk();
        (await edge.UserAsync("a")).IsOk();
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1048577")]
    [InlineData("512MB")]
    public void The_size_of_an_outbox_is_a_number_of_megabytes(string text) => Assert.Equal(
        $"OUTBOX_MAX_MB must be a whole number from 1 to 1048576, not '{text}'",
        Assert.Throws<SettingException>(() => Read(("OUTBOX_MAX_MB", text))).Message);

    private static Settings Read(params (string Name, string? Value)[] settings) => Settings.Read(
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name, setting.Value))).Build());
}
