using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Native;

/// <summary>What an operator measures of an outbox; in a process of its own, since instruments are shared within one.</summary>
[Collection(nameof(NativeTests))]
public sealed class OutboxMetricsTests(NativeBinary binary) : IDisposable
{
    private const string Key = "0123456789abcdef";

    private readonly TempFolder folder = new();

    [Fact]
    public async Task What_waits_is_measured_and_so_is_the_home()
    {
        NativeBinary.SkipWithout();
        using var edge = await ServerProcess.StartAsync(
            binary, folder.Path, [("API_KEY", Key), ("HOME_URL", $"http://127.0.0.1:{ServerApp.FreePort()}"), ("OUTBOX_MAX_MB", "8")]);
        edge.Client.DefaultRequestHeaders.Add("x-api-key", Key);
        (await edge.PostAsync("/glue/track", """{"glue_user_id":"a","event":"e"}""")).IsOk();
        (await edge.PostAsync("/glue/track", """{"glue_user_id":"a","event":"e"}""")).IsOk();
        await Poll.UntilAsync(async () => await ValueAsync(edge, "dataglue_home_up") == "0");

        Assert.Equal("2", await ValueAsync(edge, "dataglue_outbox_items"));
        Assert.NotEqual("0", await ValueAsync(edge, "dataglue_outbox_age_seconds"));
        Assert.Equal("0", await ValueAsync(edge, "dataglue_outbox_aside"));
        Assert.Equal("0", await ValueAsync(edge, "dataglue_home_last_success_seconds"));
        Assert.Equal("2", await ValueAsync(edge, "dataglue_writes_total", ",result=\"queued\""));
        Assert.Equal("1", await ValueAsync(edge, "dataglue_node", ",role=\"edge\""));
    }

    public void Dispose() => folder.Dispose();

    private static async Task<string> ValueAsync(ServerProcess edge, string name, string tags = "")
    {
        var start = $"{name}{{otel_scope_name=\"DataGlue.Edge\"{tags}}} ";
        var line = (await edge.GetAsync("/metrics")).IsOk().Body.Split('\n').Single(line => line.StartsWith(start, StringComparison.Ordinal));
        return line[start.Length..];
    }
}
