namespace DataGlue.Edge;

/// <summary>The host of a URL.</summary>
internal static class HostName
{
    /// <summary>The host in ASCII, as it is looked up; null where there is none, or its punycode is malformed, on which <see cref="Uri.IdnHost"/> throws.</summary>
    public static string? AsciiOf(Uri uri)
    {
        try
        {
            return uri.Host.Length == 0 ? null : uri.HostNameType == UriHostNameType.IPv6 ? uri.Host : uri.IdnHost;
        }
        catch (UriFormatException)
        {
            return null;
        }
    }
}
