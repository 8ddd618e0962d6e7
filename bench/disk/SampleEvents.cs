using System.Globalization;
using System.Text;

namespace DataGlue.Bench.Disk;

/// <summary>An event as the server would bind it.</summary>
internal sealed record SampleEvent(
    byte[] User, byte[] Timestamp, byte[] EventId, byte[] Session, byte[] Name, byte[] Properties, long Fingerprint);

/// <summary>The events of bench/load/visits.lua: browsers side by side, each on a visit of 20 events, a few of them in a millisecond.</summary>
internal sealed class SampleEvents
{
    private const int Browsers = 256;

    private const int EventsOfVisit = 20;

    private const int EventsOfMillisecond = 20;

    private static readonly string[] Names =
        ["page_view", "page_view", "page_view", "scroll", "click", "form_submit", "add_to_cart", "purchase"];

    private static readonly string[] Pages = ["/", "/pricing", "/landing", "/docs/start", "/blog/what-worked", "/checkout"];

    private readonly Random random = new(1);
    private readonly (string User, string Session)[] visits = new (string, string)[Browsers];
    private readonly DateTimeOffset start = TimeProvider.System.GetUtcNow();
    private int made;

    /// <summary>The next events.</summary>
    public List<SampleEvent> Take(int count) => [.. Enumerable.Range(0, count).Select(_ => Next())];

    private SampleEvent Next()
    {
        var now = start.AddMilliseconds(made / EventsOfMillisecond);
        var epoch = now.ToUnixTimeMilliseconds();
        if (made / Browsers % EventsOfVisit == 0)
        {
            visits[made % Browsers] = (Text($"glue_{epoch}_{Word():x8}"), Text($"session_{epoch}_{Word():x8}"));
        }

        var (user, session) = visits[made % Browsers];
        made++;
        return new SampleEvent(
            Utf8(user),
            Utf8(now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)),
            Utf8(Text($"evt_{epoch}_{made:D9}")),
            Utf8(session),
            Utf8(Names[random.Next(Names.Length)]),
            Utf8(Text($$"""{"url":"https://shop.example{{Pages[random.Next(Pages.Length)]}}","title":"Landing Page","n":{{made}}}""")),
            random.NextInt64(long.MinValue, long.MaxValue));
    }

    private uint Word() => (uint)random.NextInt64(uint.MaxValue);

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
