using System.Collections.Frozen;
using DataGlue.Edge.Wire.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace DataGlue.Edge.Intake;

/// <summary>What an arrival says about where it came from.</summary>
/// <param name="Json">The touch keys that it has, as a JSON object, without a timestamp.</param>
/// <param name="Counts">Whether it has a campaign, a click id or an outside referrer, so that it may be a last touch.</param>
internal sealed record Touch(Utf8Text Json, bool Counts)
{
    private const string ReferrerKey = "referrer";
    private const string LandingPage = "landing_page";

    private static readonly string[] Keys =
    [
        "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content",
        "gclid", "gbraid", "wbraid", "fbclid", "msclkid", "ttclid", "twclid", "li_fat_id", ReferrerKey, LandingPage,
    ];

    // The members of context.campaign, as the SDKs of Segment name them.
    private static readonly FrozenDictionary<string, string> CampaignKeys = new Dictionary<string, string>
    {
        ["source"] = "utm_source",
        ["medium"] = "utm_medium",
        ["name"] = "utm_campaign",
        ["term"] = "utm_term",
        ["content"] = "utm_content",
    }.ToFrozenDictionary();

    /// <summary>The touch of a write: from its context, or from the query string of its page. Null when neither has a touch key.</summary>
    public static Touch? Of(JsonText? context, JsonText? properties, IgnoredReferrers ignored)
    {
        var found = new Dictionary<string, string>();
        var page = default(Page);
        if (context is { } given)
        {
            page = ReadContext(given, found);
            TryAdd(found, ReferrerKey, page.Referrer);
            TryAdd(found, LandingPage, page.Url);
        }

        var url = page.Url ?? (properties is { } values ? ReadPage(values).Url : null);
        ReadQuery(url, found);
        return From(found, url, others: [], ignored);
    }

    /// <summary>The touch that a synced profile reports, with its other keys. Null when it has no touch key.</summary>
    public static Touch? Of(IReadOnlyList<JsonMember> members, IgnoredReferrers ignored)
    {
        var found = new Dictionary<string, string>();
        foreach (var member in members.Where(member => Keys.Contains(member.Name)))
        {
            var reader = new Utf8JsonReader(member.Value.Utf8);
            reader.Read();
            TryAdd(found, member.Name, ScalarText(ref reader));
        }

        return From(found, found.GetValueOrDefault(LandingPage), members.Where(member => !Keys.Contains(member.Name)), ignored);
    }

    private static Touch? From(Dictionary<string, string> found, string? pageUrl, IEnumerable<JsonMember> others, IgnoredReferrers ignored)
    {
        return found.Count == 0 ? null : new Touch(
            JsonMember.Object([.. Keys.Where(found.ContainsKey).Select(key => JsonMember.OfText(key, found[key])), .. others]),
            found.Keys.Any(key => key is not ReferrerKey and not LandingPage)
                || (found.TryGetValue(ReferrerKey, out var referrer) && Referrer.IsOutside(referrer, pageUrl, ignored)));
    }

    // The first that says something stands. A referrer that names no host, as (direct) and null, is what some script has put in the place of nothing.
    private static void TryAdd(Dictionary<string, string> found, string key, string? text)
    {
        if (text?.Trim() is { Length: > 0 } value && !value.Contains('\0', StringComparison.Ordinal) && (key != ReferrerKey || Referrer.HostOf(value) is not null))
        {
            found.TryAdd(key, Cut(value));
        }
    }

    // Reads the touch keys of the context, which go before those of context.campaign, and returns context.page.
    private static Page ReadContext(JsonText context, Dictionary<string, string> found)
    {
        var page = default(Page);
        Dictionary<string, string>? campaign = null;
        var reader = new Utf8JsonReader(context.Utf8);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = KnownKey(ref reader);
            var (isPage, isCampaign) = (reader.ValueTextEquals("page"u8), reader.ValueTextEquals("campaign"u8));
            reader.Read();
            if (isPage && reader.TokenType == JsonTokenType.StartObject)
            {
                page = ReadPage(ref reader);
            }
            else if (isCampaign && reader.TokenType == JsonTokenType.StartObject)
            {
                ReadCampaign(ref reader, campaign ??= []);
            }
            else if (key is not null)
            {
                TryAdd(found, key, ScalarText(ref reader));
            }

            reader.Skip();
        }

        foreach (var (key, value) in campaign ?? [])
        {
            found.TryAdd(key, value);
        }

        return page;
    }

    private static void ReadCampaign(ref Utf8JsonReader reader, Dictionary<string, string> found)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var known = CampaignKeys.TryGetValue(reader.GetString()!, out var key);
            reader.Read();
            TryAdd(found, key ?? "", known ? ScalarText(ref reader) : null);
            reader.Skip();
        }
    }

    private static Page ReadPage(JsonText properties)
    {
        var reader = new Utf8JsonReader(properties.Utf8);
        reader.Read();
        return ReadPage(ref reader);
    }

    // Reads the object at which the reader stands to its end.
    private static Page ReadPage(ref Utf8JsonReader reader)
    {
        var page = default(Page);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isUrl, isReferrer) = (reader.ValueTextEquals("url"u8), reader.ValueTextEquals("referrer"u8));
            reader.Read();
            var text = reader.TokenType == JsonTokenType.String && (isUrl || isReferrer) && reader.GetString()!.Trim() is { Length: > 0 } known ? known : null;
            page = isUrl ? page with { Url = text } : isReferrer ? page with { Referrer = text } : page;
            reader.Skip();
        }

        return page;
    }

    // The part behind # counts as well: some tags put their parameters there, and some routers their query.
    private static void ReadQuery(string? url, Dictionary<string, string> found)
    {
        // Most pages have neither.
        var parts = url.AsSpan().ContainsAny('?', '#') ? url!.Replace("&amp;", "&", StringComparison.Ordinal).Split('#', 2) : [];
        for (var i = 0; i < parts.Length; i++)
        {
            var start = parts[i].IndexOf('?', StringComparison.Ordinal);
            var query = start >= 0 ? parts[i].AsMemory(start) : i > 0 ? parts[i].AsMemory() : default;
            foreach (var pair in new QueryStringEnumerable(query))
            {
                var name = pair.DecodeName();
                if (Keys.FirstOrDefault(known => name.Span.SequenceEqual(known)) is { } key)
                {
                    TryAdd(found, key, pair.DecodeValue().ToString());
                }
            }
        }
    }

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

    private readonly record struct Page(string? Url, string? Referrer);
}
