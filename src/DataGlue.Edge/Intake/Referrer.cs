namespace DataGlue.Edge.Intake;

/// <summary>Where a link stood that a visitor came by.</summary>
internal static class Referrer
{
    // Apps name themselves in place of a host.
    private static readonly string[] AppSchemes = ["android-app", "ios-app"];
    private static readonly string[] Schemes = ["http", "https", .. AppSchemes];

    // What ends the name of a file and of no host.
    private static readonly string[] FileEndings = ["html", "htm", "php", "asp", "aspx", "jsp", "js", "css", "xml", "json", "txt", "pdf"];

    /// <summary>The host that a referrer names: lower case, in ASCII, without <c>www.</c>, port and last dot; null for what names none, as <c>(direct)</c> and <c>/path</c>.</summary>
    public static string? HostOf(string? text)
    {
        var trimmed = text?.Trim() ?? "";
        var start = trimmed.StartsWith("//", StringComparison.Ordinal) ? "https:" : trimmed.Contains("://", StringComparison.Ordinal) ? "" : "https://";
        if (!Uri.TryCreate(start + trimmed, UriKind.Absolute, out var uri) || !Schemes.Contains(uri.Scheme) || HostName.AsciiOf(uri) is not { } ascii)
        {
            return null;
        }

        var host = ascii.TrimEnd('.').ToLowerInvariant();
        return start == "https://" && !IsFullName(uri, host, trimmed) ? null : host.StartsWith("www.", StringComparison.Ordinal) ? host[4..] : host;
    }

    /// <summary>Whether a referrer is outside of the page's site. Of a page without a host every one is.</summary>
    public static bool IsOutside(string referrer, string? pageUrl, IgnoredReferrers ignored)
    {
        if (HostOf(referrer) is not { } host)
        {
            return false;
        }

        var isApp = AppSchemes.Any(scheme => referrer.TrimStart().StartsWith(scheme + "://", StringComparison.OrdinalIgnoreCase));
        return isApp || (!ignored.Contain(host) && (HostOf(pageUrl) is not { } page || !(IsWithin(host, page) || IsWithin(page, host))));
    }

    // Without a scheme, only what has the form of a full name of a host is one: direct, (none), v1.2 and index.html are words.
    private static bool IsFullName(Uri uri, string host, string text) => uri.UserInfo.Length == 0 && uri.HostNameType switch
    {
        UriHostNameType.Dns => host[(host.LastIndexOf('.') + 1)..] is var last && last.Length < host.Length
            && (last.StartsWith("xn--", StringComparison.Ordinal) || last.All(char.IsAsciiLetter)) && !FileEndings.Contains(last),
        UriHostNameType.IPv4 => text.StartsWith(host, StringComparison.Ordinal),
        UriHostNameType.IPv6 => true,
        _ => false,
    };

    /// <summary>Whether a host is a domain, or below it.</summary>
    public static bool IsWithin(string host, string domain) =>
        host.EndsWith(domain, StringComparison.Ordinal) && (host.Length == domain.Length || host[^(domain.Length + 1)] == '.');
}

/// <summary>The hosts of <c>IGNORED_REFERRERS</c>, and what is below them: other sites of the owner, and payment providers, whose links are no arrival.</summary>
internal sealed class IgnoredReferrers(IReadOnlyList<string> hosts)
{
    public static IgnoredReferrers None { get; } = new([]);

    /// <exception cref="SettingException">One of them is no host.</exception>
    public static IgnoredReferrers Parse(string? text) => new([
        .. (text?.Split(',', StringSplitOptions.TrimEntries) ?? []).Select(host => Referrer.HostOf(host)
            ?? throw new SettingException($"IGNORED_REFERRERS must be hosts like pay.example, separated by commas, not '{SettingException.Shown(text!)}'"))]);

    public bool Contain(string host) => hosts.Any(domain => Referrer.IsWithin(host, domain));
}
