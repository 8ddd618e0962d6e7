using DataGlue.Edge.Wire.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace DataGlue.Edge.Intake;

/// <summary>What an arrival says about where it came from.</summary>
/// <param name="Json">The touch keys that it has, as a JSON object, without a timestamp.</param>
/// <param name="Counts">Whether it has a campaign, a click id or an outside referrer, so that it may be a last touch.</param>
internal sealed record Touch(Utf8Text Json, bool Counts)
{
    public const string ReferrerKey = "referrer";
    public const string LandingPage = "landing_page";

    private static readonly string[] Keys =
    [
        "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content",
        "gclid", "gbraid", "wbraid", "fbclid", "msclkid", "ttclid", "twclid", "li_fat_id", ReferrerKey, LandingPage,
    ];

    /// <summary>The touch of a write: from its context, or from the query string of its page. Null when neither has a touch key.</summary>
    public static Touch? Of(ContextReader read, IgnoredReferrers ignored)
    {
        var found = read.Touch;
        ReadQuery(read.Url, found);
        return From(found, read.Url, others: [], ignored);
    }

    /// <summary>The touch that a synced profile reports, with its other keys. Null when it has no touch key.</summary>
    public static Touch? Of(IReadOnlyList<JsonMember> members, IgnoredReferrers ignored)
    {
        var found = new Dictionary<string, string>();
        foreach (var member in members.Where(member => Keys.Contains(member.Name)))
        {
            var reader = new Utf8JsonReader(member.Value.Utf8);
            reader.Read();
            TryAdd(found, member.Name, JsonMembers.Scalar(ref reader));
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

    public static IReadOnlyList<string> AllKeys => Keys;

    public static bool IsKey(string name) => Keys.Contains(name);

    /// <summary>Whether a key holds what an advertiser makes anew for each click.</summary>
    public static bool IsClickId(string name) => IsKey(name) && name is not ReferrerKey and not LandingPage && !name.StartsWith("utm_", StringComparison.Ordinal);

    /// <summary>The key of this name; null where there is none.</summary>
    public static string? FindKey(ReadOnlySpan<char> name)
    {
        foreach (var key in Keys)
        {
            if (name.SequenceEqual(key))
            {
                return key;
            }
        }

        return null;
    }

    // The first that says something stands. A referrer that names no host, as (direct) and null, is what some script has put in the place of nothing.
    public static void TryAdd(Dictionary<string, string> found, string key, string? text)
    {
        if (text?.Trim() is { Length: > 0 } value && !value.Contains('\0', StringComparison.Ordinal) && (key != ReferrerKey || Referrer.HostOf(value) is not null))
        {
            found.TryAdd(key, Cut(value));
        }
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
                if (FindKey(name.Span) is { } key)
                {
                    TryAdd(found, key, pair.DecodeValue().ToString());
                }
            }
        }
    }

    // Not between the halves of a surrogate pair.
    private static string Cut(string text) => text.Length <= Limits.TouchValue ? text
        : text[..(char.IsHighSurrogate(text[Limits.TouchValue - 1]) ? Limits.TouchValue - 1 : Limits.TouchValue)];
}
