namespace DataGlue.Edge.Intake;

/// <summary>Where a link stood that a visitor came by.</summary>
internal static class Referrer
{
    // Apps name themselves in place of a host.
    private static readonly string[] AppSchemes = ["android-app", "ios-app"];

    /// <summary>The host that a referrer names: lower case, in ASCII, without <c>www.</c>, port and last dot; null for what names none, as <c>(direct)</c> and <c>/path</c>.</summary>
    public static string? HostOf(string? text)
    {
        var trimmed = text?.Trim() ?? "";
        var start = trimmed.StartsWith("//", StringComparison.Ordinal) ? "https:" : trimmed.Contains("://", StringComparison.Ordinal) ? "" : "https://";
        if (!Uri.TryCreate(start + trimmed, UriKind.Absolute, out var uri) || uri.Host.Length == 0)
        {
            return null;
        }

        var host = uri.IdnHost.TrimEnd('.').ToLowerInvariant();

        // Without a scheme, only what has the form of a full name of a host is one: direct, null and (none) are words.
        var isName = host.Contains('.', StringComparison.Ordinal) && uri.UserInfo.Length == 0 && uri.HostNameType is UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6;
        return start == "https://" && !isName ? null : host.StartsWith("www.", StringComparison.Ordinal) ? host[4..] : host;
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
