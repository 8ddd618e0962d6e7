using DataGlue.Edge.Wire.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace DataGlue.Edge.Intake;

/// <summary>What an arrival says about where it came from.</summary>
/// <param name="Json">The touch keys that it has, as a JSON object, without a timestamp.</param>
/// <param name="Counts">Whether it has a campaign, a click id or an outside referrer, so that it may be a last touch.</param>
internal sealed record Touch(Utf8Text Json, bool Counts)
{
    private const string Referrer = "referrer";
    private const string LandingPage = "landing_page";

    private static readonly string[] Keys =
    [
        "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content",
        "gclid", "fbclid", "msclkid", "ttclid", Referrer, LandingPage,
    ];

    /// <summary>The touch of a write: from its context, or from the query string of its page. Null when neither has a touch key.</summary>
    public static Touch? Of(JsonText? context, JsonText? properties)
    {
        var found = new Dictionary<string, string>();
        var pageUrl = context is { } given ? ReadContext(given, found) : null;
        if (pageUrl is not null)
        {
            found.TryAdd(LandingPage, Cut(pageUrl));
        }

        pageUrl ??= properties is { } values ? ReadUrl(values) : null;
        ReadQuery(pageUrl, found);
        return From(found, pageUrl, others: []);
    }

    /// <summary>The touch that a synced profile reports, with its other keys. Null when it has no touch key.</summary>
    public static Touch? Of(IReadOnlyList<JsonMember> members)
    {
        var found = new Dictionary<string, string>();
        foreach (var member in members.Where(member => Keys.Contains(member.Name)))
        {
            var reader = new Utf8JsonReader(member.Value.Utf8);
            reader.Read();
            if (ScalarText(ref reader) is { Length: > 0 } text)
            {
                found[member.Name] = Cut(text);
            }
        }

        return From(found, found.GetValueOrDefault(LandingPage), members.Where(member => !Keys.Contains(member.Name)));
    }

    private static Touch? From(Dictionary<string, string> found, string? pageUrl, IEnumerable<JsonMember> others) => found.Count == 0 ? null : new Touch(
        JsonMember.Object([.. Keys.Where(found.ContainsKey).Select(key => JsonMember.OfText(key, found[key])), .. others]),
        found.Keys.Any(key => key is not Referrer and not LandingPage) || (found.TryGetValue(Referrer, out var referrer) && IsOutside(referrer, pageUrl)));

    // Reads the touch keys of the context and returns context.page.url.
    private static string? ReadContext(JsonText context, Dictionary<string, string> found)
    {
        string? pageUrl = null;
        var reader = new Utf8JsonReader(context.Utf8);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = KnownKey(ref reader);
            var isPage = reader.ValueTextEquals("page"u8);
            reader.Read();
            if (isPage && reader.TokenType == JsonTokenType.StartObject)
            {
                pageUrl = ReadUrlMember(ref reader);
            }
            else if (key is not null && ScalarText(ref reader) is { Length: > 0 } text)
            {
                found[key] = Cut(text);
            }

            reader.Skip();
        }

        return pageUrl;
    }

    private static string? ReadUrl(JsonText properties)
    {
        var reader = new Utf8JsonReader(properties.Utf8);
        reader.Read();
        return ReadUrlMember(ref reader);
    }

    // Reads the object at which the reader stands to its end. Returns its member url, null when it is empty.
    private static string? ReadUrlMember(ref Utf8JsonReader reader)
    {
        string? url = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isUrl = reader.ValueTextEquals("url"u8);
            reader.Read();
            if (isUrl && reader.TokenType == JsonTokenType.String)
            {
                url = reader.GetString();
            }

            reader.Skip();
        }

        return string.IsNullOrEmpty(url) ? null : url;
    }

    private static void ReadQuery(string? url, Dictionary<string, string> found)
    {
        var end = url?.IndexOf('#', StringComparison.Ordinal) ?? -1;
        var page = url.AsMemory(0, end < 0 ? url?.Length ?? 0 : end);
        var start = page.Span.IndexOf('?');
        foreach (var pair in new QueryStringEnumerable(start < 0 ? default : page[start..]))
        {
            var name = pair.DecodeName();
            var key = Keys.FirstOrDefault(known => name.Span.SequenceEqual(known));
            var value = pair.DecodeValue();
            if (key is not null && value.Length > 0 && !value.Span.Contains('\0'))
            {
                found.TryAdd(key, Cut(value.ToString()));
            }
        }
    }

    // Of a page that is known only by its path, every referrer is outside.
    private static bool IsOutside(string referrer, string? pageUrl)
    {
        var isPath = referrer.StartsWith('/') && !referrer.StartsWith("//", StringComparison.Ordinal);
        return Host(pageUrl) is not { } page || (!isPath && !page.Equals(Host(referrer), StringComparison.OrdinalIgnoreCase));
    }

    private static string? Host(string? url) => Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Host.Length > 0 ? uri.Host : null;

    // Not between the halves of a surrogate pair.
    private static string Cut(string text) => text.Length <= Limits.TouchValue ? text
        : text[..(char.IsHighSurrogate(text[Limits.TouchValue - 1]) ? Limits.TouchValue - 1 : Limits.TouchValue)];

    private static string? KnownKey(ref Utf8JsonReader reader)
    {
        foreach (var key in Keys)
        {
            if (reader.ValueTextEquals(key))
            {
                return key;
            }
        }

        return null;
    }

    private static string? ScalarText(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => reader.GetString(),
        JsonTokenType.Number => Encoding.UTF8.GetString(reader.ValueSpan),
        _ => null,
    };
}
