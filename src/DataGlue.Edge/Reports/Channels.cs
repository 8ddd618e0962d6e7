namespace DataGlue.Edge.Reports;

/// <summary>The channel of an arrival: the first of an ordered list of rules that fits. docs/reports.md has the same list in words.</summary>
internal static class Channels
{
    public const string Direct = "direct";

    private static readonly string[] SearchAds = ["gclid", "gbraid", "wbraid", "msclkid"];
    private static readonly string[] SocialAds = ["ttclid", "twclid", "li_fat_id"];

    private static readonly (string Channel, Func<Marks, bool> Fits)[] Rules =
    [
        ("paid search", marks => marks.HasAny(SearchAds) || marks.MediumIs("paidsearch", "paid search", "sem", "sea", "search ads") || (marks.IsPaid && marks.Site is SiteKind.Search)),
        ("paid social", marks => marks.HasAny(SocialAds) || marks.MediumIs("paidsocial", "paid social", "social paid", "social ads") || (marks.IsPaid && marks.Site is SiteKind.Social)),
        ("display", marks => marks.MediumIs("display", "banner", "cpm", "expandable", "interstitial", "programmatic", "native")),
        ("affiliates", marks => marks.MediumIs("affiliate", "affiliates", "affiliation") || marks.SourceIs("affiliate", "affiliates")),
        ("email", marks => marks.MediumIs("email", "e mail", "mail", "newsletter", "crm") || marks.Site is SiteKind.Mail),
        ("sms", marks => marks.MediumIs("sms", "mms", "rcs") || marks.SourceIs("sms")),
        ("ai assistant", marks => marks.MediumIs("ai", "ai assistant", "llm") || marks.Site is SiteKind.Assistant),
        ("organic search", marks => marks.MediumIs("organic") || (!marks.IsPaid && marks.Site is SiteKind.Search)),
        ("organic social", marks => marks.MediumIs("social", "social network", "social media", "sm") || marks.HasAny("fbclid") || (!marks.IsPaid && marks.Site is SiteKind.Social)),
        ("video", marks => marks.Medium.Contains("video", StringComparison.Ordinal) || marks.Site is SiteKind.Video),
        ("referral", marks => marks.MediumIs("referral", "app", "link", "partner") || (marks.HasReferrer && !marks.HasCampaign)),
        ("other campaigns", marks => marks.HasCampaign),
    ];

    /// <summary>All of them, in the order of the rules.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Rules.Select(rule => rule.Channel), Direct];

    /// <summary>The channel of a touch.</summary>
    /// <param name="touch">Its keys and values; a referrer only where it is an outside one.</param>
    /// <param name="referrerHost">The host of the referrer; null where there is no outside one.</param>
    public static string Of(IReadOnlyDictionary<string, string> touch, string? referrerHost)
    {
        var marks = new Marks(touch, referrerHost);
        foreach (var (channel, fits) in Rules)
        {
            if (fits(marks))
            {
                return channel;
            }
        }

        return Direct;
    }

    // What the rules ask of a touch. Words compare without case, and _ and - are blanks.
    private sealed class Marks(IReadOnlyDictionary<string, string> touch, string? referrerHost)
    {
        public string Medium { get; } = Plain(touch.GetValueOrDefault("utm_medium"));
        public SiteKind? Site { get; } = touch.TryGetValue("utm_source", out var source) ? KnownSites.OfSource(source) : referrerHost is null ? null : KnownSites.OfHost(referrerHost);
        public bool HasReferrer => referrerHost is not null;
        public bool HasCampaign { get; } = touch.Keys.Any(key => key.StartsWith("utm_", StringComparison.Ordinal));
        public bool IsPaid => Medium.StartsWith("paid", StringComparison.Ordinal) || Medium is "retargeting" or "remarketing" or "ads" or "ad" || Medium.Contains("cpc", StringComparison.Ordinal)
            || Medium.Contains("ppc", StringComparison.Ordinal) || Medium.Contains("cpv", StringComparison.Ordinal) || Medium.Contains("cpa", StringComparison.Ordinal);

        public bool MediumIs(params ReadOnlySpan<string> mediums) => mediums.Contains(Medium);
        public bool SourceIs(params ReadOnlySpan<string> sources) => sources.Contains(Plain(touch.GetValueOrDefault("utm_source")));
        public bool HasAny(params ReadOnlySpan<string> keys)
        {
            foreach (var key in keys)
            {
                if (touch.ContainsKey(key))
                {
                    return true;
                }
            }

            return false;
        }

        private static string Plain(string? text) => (text ?? "").Trim().ToLowerInvariant().Replace('_', ' ').Replace('-', ' ');
    }
}
