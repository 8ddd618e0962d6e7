namespace DataGlue.Edge.Reports;

/// <summary>What a report keeps: sessions by their arrival, and by an event that they have.</summary>
internal sealed class ReportFilters
{
    public static readonly IReadOnlyList<string> ArrivalKeys = ["source", "medium", "campaign", "channel", "referrer", "landing_page", "entry_page"];
    public static readonly IReadOnlyList<string> EventKeys = ["page", "host", "event", "country", "device", "browser", "os"];

    private const int MostValues = 50;

    private static readonly string[] PageKeys = ["landing_page", "entry_page", "page", "host"];

    private readonly Dictionary<string, ValueFilter> filters = [];

    /// <summary>Whether the person's first touch decides about source, medium, campaign, channel, referrer and landing page, and not the session's arrival.</summary>
    public bool ByFirstTouch { get; private init; }

    /// <summary>Whether what bots did counts too.</summary>
    public bool WithBots { get; private init; }

    /// <summary>The number of the one person whom the report is about, 0 where there is none of that id; null for all.</summary>
    public ulong? Person { get; private init; }

    public bool HasArrival { get; private set; }

    public bool HasEvent { get; private set; }

    public bool IsEmpty => filters.Count == 0;

    /// <summary>Whether pages decide.</summary>
    public bool HasPages => PageKeys.Any(Has);

    /// <param name="except">A key that means something else in this report.</param>
    public static ReportFilters Read(ReportQuery query, string? except = null)
    {
        var read = new ReportFilters
        {
            ByFirstTouch = query.Choice("touch", false, ("session", false), ("first", true)),
            WithBots = query.Choice("bots", false, ("exclude", false), ("include", true)),
            Person = query.Text("person") is { } id ? PersonId.Parse(id) ?? 0 : null,
        };
        foreach (var key in ArrivalKeys.Concat(EventKeys).Where(key => key != except))
        {
            if (query.Texts(key) is { Count: > 0 } values)
            {
                if (values.Count > MostValues)
                {
                    query.Fault($"{key} may be given {MostValues} times at most");
                }

                read.filters.Add(key, new ValueFilter(values));
            }
        }

        (read.HasArrival, read.HasEvent) = (ArrivalKeys.Any(read.filters.ContainsKey), EventKeys.Any(read.filters.ContainsKey));
        return read;
    }

    /// <summary>Whether a value of a key is kept; null is a value that is not there.</summary>
    public bool Keeps(string key, string? value) => !filters.TryGetValue(key, out var filter) || filter.Keeps(value);

    /// <summary>Whether a value is kept that has two spellings.</summary>
    public bool KeepsEither(string key, string one, string other) => !filters.TryGetValue(key, out var filter) || filter.Keeps(one, other);

    public bool Has(string key) => filters.ContainsKey(key);
}

/// <summary>Several values of one key: any of them, <c>!value</c> not this, <c>value*</c> all that begin so. The empty value stands as <c>(none)</c>.</summary>
internal sealed class ValueFilter(IEnumerable<string> values)
{
    public const string None = "(none)";

    private readonly List<(string Text, bool IsPrefix)> wanted = [.. values.Where(value => !value.StartsWith('!')).Select(Pattern)];
    private readonly List<(string Text, bool IsPrefix)> unwanted = [.. values.Where(value => value.StartsWith('!')).Select(value => Pattern(value[1..]))];

    public bool Keeps(string? value) => Keeps(value, value);

    /// <summary>Whether a value that has two spellings is kept.</summary>
    public bool Keeps(string? one, string? other) => (wanted.Count == 0 || wanted.Exists(pattern => Fits(pattern, one) || Fits(pattern, other)))
        && !unwanted.Exists(pattern => Fits(pattern, one) || Fits(pattern, other));

    private static (string Text, bool IsPrefix) Pattern(string text) => text.EndsWith('*') ? (text[..^1], true) : (text, false);

    private static bool Fits((string Text, bool IsPrefix) pattern, string? value) => value is null ? pattern is (None, false)
        : pattern.IsPrefix ? value.StartsWith(pattern.Text, StringComparison.Ordinal) : value == pattern.Text;
}
