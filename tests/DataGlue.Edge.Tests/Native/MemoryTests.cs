using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Native;

/// <summary>A journey is streamed: what it takes does not grow with its length.</summary>
[Collection(nameof(NativeTests))]
public sealed class MemoryTests(NativeBinary binary, ITestOutputHelper output) : IDisposable
{
    private const int Events = 200_000;

    private const long Allowed = 32 * 1024 * 1024;

    private readonly TempFolder folder = new();

    [Fact]
    public async Task A_journey_of_200_000_events_is_answered_in_bounded_memory()
    {
        NativeBinary.SkipWithout();
        using var loading = await ServerProcess.StartAsync(binary, folder.Path);
        for (var start = 0; start < Events; start += 1_000)
        {
            (await loading.PostAsync("/glue/batch", Batch(start))).IsOk();
        }

        (await loading.PostAsync("/glue/track", """{"glue_user_id":"few","event":"e"}""")).IsOk();
        await loading.TerminateAsync();
        using var server = await ServerProcess.StartAsync(binary, folder.Path);
        (await server.GetAsync("/glue/user/few")).IsOk();
        var before = server.Memory("VmRSS");

        var (bytes, events) = await CountAsync(server, "/glue/user/many");

        var peak = server.Memory("VmHWM");
        output.WriteLine($"{events} events, {bytes} bytes; resident before {before >> 10} KiB, at the peak {peak >> 10} KiB");
        Assert.Equal(Events, events);
        Assert.InRange(peak - before, 0, Allowed);
        Assert.True(bytes > 2 * Allowed, "the journey must be far larger than what is allowed");
    }

    public void Dispose() => folder.Dispose();

    private static string Batch(int start) =>
        "{\"batch\":[" + string.Join(',', Enumerable.Range(start, 1_000).Select(Item)) + "]}";

    private static string Item(int i) =>
        $$"""{"type":"track","glue_user_id":"many","event":"page_view","event_id":"{{i}}","timestamp":{{1704376800000 + i}},"properties":{"url":"https://shop.example/products/{{i}}","title":"A product with a name of some length, number {{i}}"},"context":{"page":{"url":"https://shop.example/products/{{i}}"} } }""";

    private static async Task<(long Bytes, int Events)> CountAsync(ServerProcess server, string path)
    {
        await using var stream = await server.Client.GetStreamAsync(new Uri(path, UriKind.Relative));
        var marker = "\"created_at\":"u8.ToArray();
        var buffer = new byte[1 << 16];
        var matched = 0;
        long bytes = 0;
        var found = 0;
        int read;
        while ((read = await stream.ReadAsync(buffer)) > 0)
        {
            bytes += read;
            foreach (var item in buffer.AsSpan(0, read))
            {
                matched = item == marker[matched] ? matched + 1 : item == marker[0] ? 1 : 0;
                if (matched == marker.Length)
                {
                    found++;
                    matched = 0;
                }
            }
        }

        // One of them is that of the profile.
        return (bytes, found - 1);
    }
}
