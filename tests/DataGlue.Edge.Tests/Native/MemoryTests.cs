using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Native;

/// <summary>Journeys are streamed: what they take does not grow with their length.</summary>
[Collection(nameof(NativeTests))]
public sealed class MemoryTests(NativeBinary binary, ITestOutputHelper output) : IDisposable
{
    private const int Events = 200_000;

    private const long Allowed = 32 * 1024 * 1024;

    private readonly TempFolder folder = new();

    // Of the person: 1,000 spans over 200 browsers, each of which somebody else has in between.
    private const int Browsers = 200;
    private const int SpansOfBrowser = 5;
    private const int EventsOfSpan = Events / Browsers / SpansOfBrowser;

    [Fact]
    public Task A_journey_of_200_000_events_is_answered_in_bounded_memory() =>
        HoldsAsync(Enumerable.Range(0, Events).Select(i => Event(i, "many", i)), "/glue/user/many", profiles: 1);

    [Fact]
    public Task A_person_of_1_000_spans_on_200_browsers_with_200_000_events_is_answered_in_bounded_memory() =>
        HoldsAsync(Enumerable.Range(0, Browsers).SelectMany(EventsOfBrowser), "/glue/user/email/ann@example.com", profiles: 1 + Browsers);

    public void Dispose() => folder.Dispose();

    private async Task HoldsAsync(IEnumerable<string> items, string path, int profiles)
    {
        NativeBinary.SkipWithout();
        using var loading = await ServerProcess.StartAsync(binary, folder.Path, [("EVENT_LIMIT", "0")]);
        foreach (var batch in items.Chunk(1_000))
        {
            (await loading.PostAsync("/glue/batch", $"{{\"batch\":[{string.Join(',', batch)}]}}")).IsOk();
        }

        (await loading.PostAsync("/glue/track", """{"glue_user_id":"few","event":"e"}""")).IsOk();
        await loading.TerminateAsync();
        using var server = await ServerProcess.StartAsync(binary, folder.Path);
        (await server.GetAsync("/glue/user/few")).IsOk();
        var before = server.Memory("VmRSS");

        var (bytes, events) = await CountAsync(server, path, profiles);

        var peak = server.Memory("VmHWM");
        output.WriteLine($"{events} events, {bytes} bytes; resident before {before >> 10} KiB, at the peak {peak >> 10} KiB");
        Assert.Equal(Events, events);
        Assert.InRange(peak - before, 0, Allowed);
        Assert.True(bytes > 2 * Allowed, "the journey must be far larger than what is allowed");
    }

    private static IEnumerable<string> EventsOfBrowser(int browser)
    {
        for (var span = 0; span < 2 * SpansOfBrowser; span++)
        {
            var (time, isHers) = (span * 1_000, span % 2 == 0);
            yield return $$"""{"type":"identify","glue_user_id":"browser-{{browser}}","email":"{{(isHers ? "ann" : "bob")}}@example.com","event_id":"i-{{browser}}-{{span}}","timestamp":{{1704376800000 + time}}}""";
            for (var i = 0; i < (isHers ? EventsOfSpan : 1); i++)
            {
                yield return Event((((browser * 10) + span) * 1_000) + i, $"browser-{browser}", time + 1 + i);
            }
        }
    }

    private static string Event(int i, string user, int time) =>
        $$"""{"type":"track","glue_user_id":"{{user}}","event":"page_view","event_id":"{{i}}","timestamp":{{1704376800000 + time}},"properties":{"url":"https://shop.example/products/{{i}}","title":"A product with a name of some length, number {{i}}"},"context":{"page":{"url":"https://shop.example/products/{{i}}"} } }""";

    private static async Task<(long Bytes, int Events)> CountAsync(ServerProcess server, string path, int profiles)
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

        // The profiles have theirs too.
        return (bytes, found - profiles);
    }
}
