using System.Text;
using System.Text.Json;
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

    /// <summary>Reads the touch of a write from its context, or from the query string of the page that it happened on.</summary>
    /// <returns>Null when neither has a touch key.</returns>
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
        return From(found, pageUrl);
    }

    /// <summary>The touch that a synced profile reports; keys that are no touch keys are kept beside them.</summary>
    /// <returns>Null when it holds no touch key.</returns>
    internal static Touch? Of(IReadOnlyList<JsonMember> members)
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

        if (found.Count == 0)
        {
            return null;
        }

        var others = members.Where(member => !Keys.Contains(member.Name));
        return new Touch(
            JsonMember.Object([.. Keys.Where(found.ContainsKey).Select(key => JsonMember.OfText(key, found[key])), .. others]),
            Qualifies(found, found.GetValueOrDefault(LandingPage)));
    }

    private static Touch? From(Dictionary<string, string> found, string? pageUrl)
    {
        if (found.Count == 0)
        {
            return null;
        }

        var members = Keys.Where(found.ContainsKey).Select(key => JsonMember.OfText(key, found[key]));
        return new Touch(JsonMember.Object(members), Qualifies(found, pageUrl));
    }

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

    // Reads the object at which the reader stands to its end and returns its member url.
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
        var start = url?.IndexOf('?', StringComparison.Ordinal) ?? -1;
        if (start < 0)
        {
            return;
        }

        var end = url!.IndexOf('#', StringComparison.Ordinal);
        if (end >= 0 && end < start)
        {
            return;
        }

        foreach (var pair in new QueryStringEnumerable(url.AsMemory(start, (end < 0 ? url.Length : end) - start)))
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

    private static bool Qualifies(Dictionary<string, string> found, string? pageUrl) =>
        found.Keys.Any(key => key is not Referrer and not LandingPage)
        || (found.TryGetValue(Referrer, out var referrer) && IsOutside(referrer, pageUrl));

    // A page that is known only by its path has no host of its own: every referrer is outside of it.
    private static bool IsOutside(string referrer, string? pageUrl)
    {
        var isPath = referrer.StartsWith('/') && !referrer.StartsWith("//", StringComparison.Ordinal);
        return Host(pageUrl) is not { } page || (!isPath && !page.Equals(Host(referrer), StringComparison.OrdinalIgnoreCase));
    }

    private static string? Host(string? url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Host.Length > 0 ? uri.Host : null;

    private static string Cut(string text)
    {
        if (text.Length <= Limits.TouchValue)
        {
            return text;
        }

        // Not between the two halves of a character.
        return text[..(char.IsHighSurrogate(text[Limits.TouchValue - 1]) ? Limits.TouchValue - 1 : Limits.TouchValue)];
    }

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
