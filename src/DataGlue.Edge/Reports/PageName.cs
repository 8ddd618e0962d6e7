namespace DataGlue.Edge.Reports;

/// <summary>A page in one text: <c>shop.example/pricing</c>, or <c>/pricing</c> where the host is not known.</summary>
internal static class PageName
{
    /// <summary>The page of a URL; null where that is none.</summary>
    public static string? OfUrl(string url) => Intake.Page.Of(url, null) is { Path.IsPresent: true } page ? page.Host.ToString() + page.Path.ToString() : null;

    /// <summary>The host; null where it is not known.</summary>
    public static string? HostOf(string page) => page.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash ? page[..slash] : null;

    /// <summary>The path; the whole of what somebody has put in by hand without one.</summary>
    public static string PathOf(string page) => page[Math.Max(page.IndexOf('/', StringComparison.Ordinal), 0)..];
}
