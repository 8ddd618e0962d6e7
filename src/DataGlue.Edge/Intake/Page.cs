namespace DataGlue.Edge.Intake;

/// <summary>A page as reports count it: host and path, <c>shop.example/pricing</c>; only the path where the host is not known.</summary>
internal static class Page
{
    private const int MostCharacters = 512;

    /// <summary>The page of a URL, else of a path; none where neither is one. Query and fragment are left out, but for the route of a page that routes by its
    /// fragment (<c>#/cart</c>); so is a slash at the end.</summary>
    public static Utf8Text Of(string? url, string? path)
    {
        if (url is not null && url.Contains("://", StringComparison.Ordinal))
        {
            return Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && HostName.AsciiOf(uri) is { } host
                ? Join(host.ToLowerInvariant() + (uri.IsDefaultPort ? "" : $":{uri.Port.ToString(CultureInfo.InvariantCulture)}"), uri.AbsolutePath + RouteOf(uri.Fragment))
                : default;
        }

        var own = url is ['/', ..] ? url : path is ['/', ..] ? path : null;
        var end = own?.IndexOfAny(['?', '#']) ?? -1;
        return own is null ? default : Join("", end < 0 ? own : own[..end] + RouteOf(own.IndexOf('#', StringComparison.Ordinal) is >= 0 and var mark ? own[mark..] : ""));
    }

    /// <summary>The host of a page; empty where it is not known.</summary>
    public static string HostOf(string page) => page[..page.IndexOf('/', StringComparison.Ordinal)];

    /// <summary>The path of a page.</summary>
    public static string PathOf(string page) => page[page.IndexOf('/', StringComparison.Ordinal)..];

    private static string RouteOf(string fragment) => fragment.StartsWith("#/", StringComparison.Ordinal) || fragment.StartsWith("#!/", StringComparison.Ordinal)
        ? fragment.Split('?', 2)[0] : "";

    private static Utf8Text Join(string host, string path)
    {
        var trimmed = path.TrimEnd('/');
        var page = host + (trimmed.Length == 0 ? "/" : trimmed);
        return Utf8Text.From(page.Length <= MostCharacters ? page : page[..(char.IsHighSurrogate(page[MostCharacters - 1]) ? MostCharacters - 1 : MostCharacters)]);
    }
}
