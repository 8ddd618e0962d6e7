using System.Collections.Frozen;

namespace DataGlue.Edge.Security;

/// <summary>The origins of <c>ALLOWED_ORIGINS</c>, whose pages may post; null allows every origin.</summary>
internal sealed class AllowedOrigins(FrozenSet<string>? names)
{
    public static AllowedOrigins Any { get; } = new(null);

    /// <summary>Whether origins are listed by name.</summary>
    public bool AreNamed => names is not null;

    /// <summary>Reads <c>*</c> (or null), or origins as a browser sends them, separated by commas.</summary>
    /// <exception cref="SettingException">One of them is not an origin.</exception>
    public static AllowedOrigins Parse(string? text)
    {
        if (text is null or "*")
        {
            return Any;
        }

        var names = text.Split(',', StringSplitOptions.TrimEntries).Select(Serialize).ToArray();
        return names.Contains(null)
            ? throw new SettingException($"ALLOWED_ORIGINS must be * or origins like https://shop.example, separated by commas, not '{SettingException.Shown(text)}'")
            : new AllowedOrigins(names.ToFrozenSet(StringComparer.Ordinal)!);
    }

    /// <summary>Whether this value of an <c>Origin</c> header is listed by name.</summary>
    public bool Names(string origin) => names is not null && names.Contains(origin);

    // As a browser writes it: lower case, the host in ASCII, no default port, nothing behind the host. Null for what is not an origin.
    private static string? Serialize(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || HostName.AsciiOf(uri) is not { } host || host.Contains('*', StringComparison.Ordinal)
            || uri.UserInfo.Length > 0 || uri.PathAndQuery is not ("/" or "") || uri.Fragment.Length > 0)
        {
            return null;
        }

        return uri.IsDefaultPort ? $"{uri.Scheme}://{host}" : $"{uri.Scheme}://{host}:{uri.Port}";
    }
}
