using DataGlue.Edge.Reports;

namespace DataGlue.Edge.Tests.Reports;

/// <summary>The channel of an arrival, by the first rule that fits.</summary>
public sealed class ChannelTests
{
    [Theory]
    [InlineData("gclid=x", null, "paid search")]
    [InlineData("gclid=x utm_source=facebook utm_medium=paid_social", null, "paid search")]
    [InlineData("msclkid=x", "bing.com", "paid search")]
    [InlineData("utm_source=google utm_medium=cpc", null, "paid search")]
    [InlineData("utm_source=Bing utm_medium=PPC", null, "paid search")]
    [InlineData("utm_medium=paid-search", null, "paid search")]
    [InlineData("utm_source=facebook utm_medium=cpc", null, "paid social")]
    [InlineData("utm_source=ig utm_medium=paid", null, "paid social")]
    [InlineData("ttclid=x", null, "paid social")]
    [InlineData("li_fat_id=x utm_source=linkedin", null, "paid social")]
    [InlineData("utm_source=publisher utm_medium=display", null, "display")]
    [InlineData("utm_source=publisher utm_medium=cpm", null, "display")]
    [InlineData("utm_source=awin utm_medium=affiliate", null, "affiliates")]
    [InlineData("utm_source=newsletter", null, "email")]
    [InlineData("utm_source=crm utm_medium=E-Mail", null, "email")]
    [InlineData("", "mail.google.com", "email")]
    [InlineData("", "com.google.android.gm", "email")]
    [InlineData("utm_medium=sms", null, "sms")]
    [InlineData("", "chatgpt.com", "ai assistant")]
    [InlineData("utm_source=chatgpt.com", null, "ai assistant")]
    [InlineData("utm_source=perplexity", null, "ai assistant")]
    [InlineData("", "gemini.google.com", "ai assistant")]
    [InlineData("", "google.com", "organic search")]
    [InlineData("", "google.co.uk", "organic search")]
    [InlineData("", "google.com.br", "organic search")]
    [InlineData("", "de.search.yahoo.com", "organic search")]
    [InlineData("", "duckduckgo.com", "organic search")]
    [InlineData("", "googleusercontent.example", "referral")]
    [InlineData("", "google.shop.example", "referral")]
    [InlineData("utm_source=google", null, "organic search")]
    [InlineData("utm_medium=organic", null, "organic search")]
    [InlineData("", "l.facebook.com", "organic social")]
    [InlineData("fbclid=x", null, "organic social")]
    [InlineData("utm_source=partner utm_medium=social", null, "organic social")]
    [InlineData("", "t.co", "organic social")]
    [InlineData("", "youtube.com", "video")]
    [InlineData("utm_source=youtube utm_medium=cpc", null, "video")]
    [InlineData("utm_medium=video", null, "video")]
    [InlineData("", "blog.example", "referral")]
    [InlineData("", "amazon.de", "referral")]
    [InlineData("utm_source=blog.example utm_medium=referral", null, "referral")]
    [InlineData("utm_source=flyer", null, "other campaigns")]
    [InlineData("utm_campaign=spring", "blog.example", "other campaigns")]
    [InlineData("", null, "direct")]
    public void The_first_rule_that_fits_decides(string touch, string? referrer, string channel) => Assert.Equal(
        channel, Channels.Of(touch.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]), referrer));

    [Fact]
    public void Many_sites_are_known() => Assert.True(KnownSites.Count >= 300, $"{KnownSites.Count}");

    [Fact]
    public void Every_channel_has_a_case() => Assert.Equal(
        Channels.All.Order(StringComparer.Ordinal),
        typeof(ChannelTests).GetMethod(nameof(The_first_rule_that_fits_decides))!.GetCustomAttributes(typeof(InlineDataAttribute), false).Cast<InlineDataAttribute>()
            .Select(data => (string)data.Data[2]!).Distinct().Order(StringComparer.Ordinal));
}
