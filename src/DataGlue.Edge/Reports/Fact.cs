namespace DataGlue.Edge.Reports;

/// <summary>What a row of one of the two logs is to a report.</summary>
internal enum FactKind
{
    Event,
    Identification, // joins its browser to a person; it may have a touch
    Touch, // of a row of the identity log that names nobody
    ReportedTouch, // that a synced profile or expired events have left: the first touch of a person may be one, an arrival is none
    Expired, // the time of the first event that has expired
}

/// <summary>A row of one of the two logs, as far as reports ask for it. Texts stand in <see cref="FactTerms"/>, and 0 is none.</summary>
/// <param name="Time">In milliseconds since 1970.</param>
/// <param name="Row">The row id in its log.</param>
/// <param name="Browser">Which browser, by a number of this report.</param>
/// <param name="Session">Which session of that browser, by a number made of its id; 0 where it came without one.</param>
internal readonly record struct Fact(FactKind Kind, long Time, long Row, int Browser, long Session, int Name, int Page, int Touch, int Client);

/// <summary>Where a visitor came from, as reports group it.</summary>
/// <param name="Counts">Whether it has a campaign, a click id or an outside referrer.</param>
/// <param name="Values">The touch keys that it has.</param>
/// <param name="ReferrerHost">The host of an outside referrer; null where there is none.</param>
internal sealed record TouchFacts(bool Counts, IReadOnlyDictionary<string, string> Values, string Channel, string? ReferrerHost)
{
    /// <summary>Of who came without a touch that counts.</summary>
    public static TouchFacts Direct { get; } = new(false, new Dictionary<string, string>(), Channels.Direct, null);

    /// <summary>The number in <see cref="FactTerms"/>; 0 of none.</summary>
    public int Number { get; init; }

    public string? Source => Values.GetValueOrDefault("utm_source");
    public string? Medium => Values.GetValueOrDefault("utm_medium");
    public string? Campaign => Values.GetValueOrDefault("utm_campaign");

    /// <summary>Two arrivals of one session are one where this is equal.</summary>
    public (string Channel, string? Source, string? Medium, string? Campaign, string? ReferrerHost) Kind => (Channel, Source, Medium, Campaign, ReferrerHost);

    /// <summary>Whether an advertiser's id of the click has come along.</summary>
    public bool HasClickId { get; } = Values.Keys.Any(Intake.Touch.IsClickId);

    /// <summary>The page on which the visitor landed, as reports count pages; null where it is not known.</summary>
    public string? LandingPage => Values.TryGetValue(Intake.Touch.LandingPage, out var url) ? PageName.OfUrl(url) : null;
}

/// <summary>With what a visitor came.</summary>
internal sealed record ClientFacts(string? Device, string? Browser, string? Os, string? Country, bool IsBot = false);

/// <summary>The texts of the facts of one report, by number; 0 is none.</summary>
/// <param name="hasSeveralHosts">Whether the pages are of more than one host.</param>
/// <param name="ignored">Whose links are no arrival.</param>
/// <param name="hasPages">Whether anything asks for pages; else no fact has one.</param>
internal sealed class FactTerms(bool hasSeveralHosts, Intake.IgnoredReferrers ignored, bool hasPages = true)
{
    private readonly Terms<string> names = new("");
    private readonly Terms<string> pages = new("");
    private readonly Terms<(bool Counts, string Json, int Landing)> touches = new(default);
    private readonly Terms<ClientFacts> clients = new(new ClientFacts(null, null, null, null));
    private readonly List<TouchFacts> touchFacts = [TouchFacts.Direct];

    public bool HasPages => hasPages;

    public int Name(string name) => names.Number(name);
    public int Name(ReadOnlySpan<byte> utf8) => Number(names, utf8);
    public int Page(ReadOnlySpan<byte> utf8) => Number(pages, utf8);
    public int Page(string? page) => page is null ? 0 : pages.Number(page);
    public int Client(ClientFacts client) => clients.Number(client);

    /// <summary>The number of a touch.</summary>
    /// <param name="landing">The number of the landing page, where it does not stand in the JSON.</param>
    public int Touch(string? json, bool counts, int landing = 0)
    {
        if (json is null)
        {
            return 0;
        }

        var number = touches.Number((counts, json, landing));
        if (number == touchFacts.Count)
        {
            touchFacts.Add(TouchReader.Read(json, counts, PageOf(landing), ignored) with { Number = number });
        }

        return number;
    }

    /// <summary>The number of an event's name; -1 where no event has it.</summary>
    public int FindName(string name) => names.Find(name);

    public string NameOf(int number) => names[number];

    /// <summary>The page of a fact; null where it is not known.</summary>
    public string? PageOf(int number) => number == 0 ? null : pages[number];

    public TouchFacts TouchOf(int number) => touchFacts[number];

    public ClientFacts ClientOf(int number) => clients[number];

    /// <summary>A page as reports show it: with its host only where the site has several.</summary>
    public string? ShownPage(string? page) => page is null || hasSeveralHosts ? page : PageName.PathOf(page);

    // Looked up without a string of its own: each chunk has its texts.
    private static int Number(Terms<string> terms, ReadOnlySpan<byte> utf8)
    {
        const int usual = 512;
        var characters = utf8.Length <= usual ? stackalloc char[usual] : new char[utf8.Length];
        var text = characters[..Encoding.UTF8.GetChars(utf8, characters)];
        return terms.Known.TryGetValue(text, out var number) ? number : terms.Number(text.ToString());
    }

    private sealed class Terms<T>(T none)
        where T : notnull
    {
        private readonly Dictionary<T, int> numbers = new() { [none] = 0 };
        private readonly List<T> terms = [none];

        /// <summary>The numbers, by texts that are no strings; of texts alone.</summary>
        public Dictionary<T, int>.AlternateLookup<ReadOnlySpan<char>> Known => numbers.GetAlternateLookup<ReadOnlySpan<char>>();

        public T this[int number] => terms[number];

        public int Number(T term)
        {
            if (!numbers.TryGetValue(term, out var number))
            {
                number = terms.Count;
                numbers.Add(term, number);
                terms.Add(term);
            }

            return number;
        }

        public int Find(T term) => numbers.GetValueOrDefault(term, -1);
    }
}

/// <summary>Reads the touch of a stored row.</summary>
internal static class TouchReader
{
    public static TouchFacts Read(string json, bool counts, string? landing, Intake.IgnoredReferrers ignored)
    {
        var values = Values(json);
        if (landing is not null)
        {
            values[Intake.Touch.LandingPage] = "https://" + landing;
        }

        var host = counts && values.TryGetValue(Intake.Touch.ReferrerKey, out var referrer)
            && Intake.Referrer.IsOutside(referrer, values.GetValueOrDefault(Intake.Touch.LandingPage), ignored) ? Intake.Referrer.HostOf(referrer) : null;
        return new TouchFacts(counts, values, counts ? Channels.Of(values, host) : Channels.Direct, host);
    }

    /// <summary>The touch keys of a stored touch with their values; none of what somebody has put in by hand and cannot be read.</summary>
    public static Dictionary<string, string> Values(string json)
    {
        var values = new Dictionary<string, string>();
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
        try
        {
            reader.Read();
            Span<char> buffer = stackalloc char[Wire.Json.JsonMembers.MaxName];
            for (var isFirst = true; Wire.Json.JsonMembers.Next(ref reader, ref isFirst, buffer, out var length);)
            {
                if (Intake.Touch.FindKey(buffer[..length]) is { } key && Wire.Json.JsonMembers.Scalar(ref reader) is { } value)
                {
                    values[key] = value;
                }
            }
        }
        catch (JsonException)
        {
            // It counts as far as it goes.
        }

        return values;
    }
}
