using System.Globalization;
using DataGlue.Edge.Http;
using DataGlue.Edge.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Tomlyn;
using Tomlyn.Model;

namespace DataGlue.Edge.Tests.Deployment;

/// <summary>fly.toml fits the server and its image.</summary>
public sealed class FlyTests
{
    private readonly Dockerfile dockerfile = new();
    private readonly TomlTable fly = TomlSerializer.Deserialize<TomlTable>(File.ReadAllText(Path.Combine(NativeBinary.Root, "fly.toml")))!;

    private TomlTable Service => (TomlTable)fly["http_service"];

    [Fact]
    public void Its_settings_are_settings_of_the_server_and_name_the_ports_that_fly_io_asks()
    {
        var environment = ((TomlTable)fly["env"]).Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value))
            .Concat(dockerfile.Environment.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value)))
            .Append(new("FLY_APP_NAME", (string)fly["app"])).Append(new("PRIMARY_REGION", (string)fly["primary_region"]))
            .Append(new("FLY_REGION", (string)fly["primary_region"]));
        var options = Settings.Read(new ConfigurationBuilder().AddInMemoryCollection(environment).Build());

        Assert.Equal((long)options.Port, Service["internal_port"]);
        var metrics = Only("metrics");
        Assert.Equal((long?)options.MetricsPort, metrics["port"]);
        Assert.Equal("/metrics", metrics["path"]);
        Assert.Equal((string)Only("mounts")["destination"], Path.GetDirectoryName(options.DatabasePath));
    }

    [Fact]
    public void A_volume_grows_before_it_is_full_and_begins_with_room_for_an_outbox()
    {
        var mount = Only("mounts");
        Assert.Equal(dockerfile.Last("VOLUME"), mount["destination"]);
        Assert.InRange((long)mount["auto_extend_size_threshold"], 50, 90);
        Assert.InRange(Gigabytes(mount, "auto_extend_size_limit"), Gigabytes(mount, "initial_size") + Gigabytes(mount, "auto_extend_size_increment"), 500);

        // The outbox, a log of the database that has not been emptied, and the file system's own.
        var outbox = int.Parse((string)((TomlTable)fly["env"])["OUTBOX_MAX_MB"], CultureInfo.InvariantCulture);
        Assert.InRange(outbox, 64, Gigabytes(mount, "initial_size") * 1024 * 0.6);
    }

    [Fact]
    public async Task Its_health_check_is_answered_with_200()
    {
        using var app = new ServerApp();
        var check = (TomlTable)Assert.Single((TomlTableArray)Service["checks"]);
        Assert.Equal("GET", check["method"]);
        (await app.GetAsync((string)check["path"])).IsOk();
    }

    [Fact]
    public void No_machine_is_stopped_with_an_outbox_and_a_signal_leaves_time_to_write_what_was_taken()
    {
        Assert.Equal("off", Service["auto_stop_machines"]);
        Assert.Equal("always", Only("restart")["policy"]);
        Assert.Equal("SIGTERM", fly["kill_signal"]);

        using var app = new ServerApp();
        var patience = app.Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout;
        Assert.InRange((long)fly["kill_timeout"], 2 * patience.TotalSeconds, 300);
    }

    [Fact]
    public void The_proxy_sends_no_more_at_once_than_the_server_has_connections_for()
    {
        var concurrency = (TomlTable)Service["concurrency"];
        Assert.Equal("requests", concurrency["type"]);
        Assert.InRange((long)concurrency["soft_limit"], 1, (long)concurrency["hard_limit"]);
        Assert.InRange((long)concurrency["hard_limit"], 1, Connections.Most / 2);
    }

    [Fact]
    public void A_machine_is_the_smallest_and_one_after_the_other_is_replaced()
    {
        var machine = Only("vm");
        Assert.Equal("shared-cpu-1x", machine["size"]);
        Assert.Equal("256mb", machine["memory"]);
        var deploy = (TomlTable)fly["deploy"];
        Assert.Equal("rolling", deploy["strategy"]);
        Assert.Equal(1L, deploy["max_unavailable"]);
    }

    private TomlTable Only(string name) => Assert.Single((TomlTableArray)fly[name]);

    private static int Gigabytes(TomlTable table, string name)
    {
        var text = (string)table[name];
        Assert.EndsWith("gb", text, StringComparison.OrdinalIgnoreCase);
        return int.Parse(text.AsSpan(0, text.Length - 2), NumberStyles.None, CultureInfo.InvariantCulture);
    }
}
