using System.Buffers;

namespace DataGlue.Edge.Intake;

/// <summary>A page as reports count it: without query and fragment, but for the route of a page that routes by its fragment (<c>#/cart</c>), and without a slash at the end.</summary>
/// <param name="Host">In ASCII, lower case, with a port that is not the scheme's own; none where it is not known.</param>
/// <param name="Path">From its first slash on; none where there is no page.</param>
internal readonly record struct Page(Utf8Text Host, Utf8Text Path)
{
    private const int MostCharacters = 512;

    // What a URL leaves as it is.
    private static readonly SearchValues<char> PlainHost = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-.");
    private static readonly SearchValues<char> PlainPath = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_~/");

    /// <summary>The page of a URL, else of a path; none where neither is one.</summary>
    public static Page Of(string? url, string? path)
    {
        if (url is not null && url.Contains("://", StringComparison.Ordinal))
        {
            return OfPlain(url) ?? (Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && HostName.AsciiOf(uri) is { } host
                ? new Page(Utf8Text.From(host.ToLowerInvariant() + (uri.IsDefaultPort ? "" : $":{uri.Port.ToString(CultureInfo.InvariantCulture)}")), PathOf(uri.AbsolutePath + RouteOf(uri.Fragment)))
                : default);
        }

        var own = url is ['/', ..] ? url : path is ['/', ..] ? path : null;
        var end = own?.IndexOfAny(['?', '#']) ?? -1;
        return own is null ? default
            : new Page(default, PathOf(end < 0 ? own : string.Concat(own.AsSpan(0, end), RouteOf(own.IndexOf('#', StringComparison.Ordinal) is >= 0 and var mark ? own[mark..] : ""))));
    }

    // Nearly every URL: it is read once for each event.
    private static Page? OfPlain(string url)
    {
        var start = url.StartsWith("https://", StringComparison.Ordinal) ? 8 : url.StartsWith("http://", StringComparison.Ordinal) ? 7 : 0;
        var rest = url.AsSpan(start);
        var slash = rest.IndexOf('/');
        var host = slash < 0 ? rest : rest[..slash];
        if (start == 0 || slash < 0 || host.IsEmpty || host.ContainsAnyExcept(PlainHost) || host.StartsWith("xn--") || host.Contains(".xn--", StringComparison.Ordinal) || !char.IsAsciiLetter(host[^1]))
        {
            return null;
        }

        var path = rest[slash..];
        var end = path.IndexOf('?');
        path = end < 0 ? path : path[..end];
        return path.ContainsAnyExcept(PlainPath) || (end >= 0 && rest[slash..].Contains('#')) ? null : new Page(Utf8Text.From(host.ToString()), PathOf(path));
    }

    private static string RouteOf(string fragment) => fragment.StartsWith("#/", StringComparison.Ordinal) || fragment.StartsWith("#!/", StringComparison.Ordinal)
        ? fragment.Split('?', 2)[0] : "";

    private static Utf8Text PathOf(ReadOnlySpan<char> path)
    {
        var trimmed = path.TrimEnd('/');
        trimmed = trimmed.Length <= MostCharacters ? trimmed : trimmed[..(char.IsHighSurrogate(trimmed[MostCharacters - 1]) ? MostCharacters - 1 : MostCharacters)];
        return Utf8Text.From(trimmed.IsEmpty ? "/" : trimmed.ToString());
    }
}
