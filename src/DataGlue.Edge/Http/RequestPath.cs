using System.Buffers;
using Microsoft.AspNetCore.Http.Features;

namespace DataGlue.Edge.Http;

/// <summary>Reads the path from the request line. Kestrel's has lost what an id may hold (<c>%2F</c>, <c>..</c>), and a <c>profile-endpoint</c> is often pasted with a slash at its end.</summary>
internal static class RequestPath
{
    private static readonly SearchValues<char> Plain = SearchValues.Create("/-_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>Drops empty segments and re-encodes the others, so that routing sees each whole; a handler decodes its own with <see cref="Decode"/>.</summary>
    public static IApplicationBuilder UseWholeSegments(this IApplicationBuilder app) => app.Use(next => context =>
    {
        if (!IsPlain(context.Features.Get<IHttpRequestFeature>()!.RawTarget))
        {
            context.Request.Path = Normalize(Target(context));
        }

        return next(context);
    });

    /// <summary>The path and the query of the request line, unchanged.</summary>
    public static string Target(HttpContext context)
    {
        var target = context.Features.Get<IHttpRequestFeature>()?.RawTarget;
        if (string.IsNullOrEmpty(target))
        {
            return context.Request.Path.Value ?? "/";
        }

        // A proxy may send the absolute form, "GET http://host/glue/..".
        var scheme = target.StartsWith('/') ? -1 : target.IndexOf("://", StringComparison.Ordinal);
        var start = scheme < 0 ? 0 : target.IndexOf('/', scheme + 3);
        return start < 0 ? "/" : target[start..];
    }

    /// <summary>The text of the route value of this name.</summary>
    public static string Value(HttpContext context, string name) => Decode((string)context.Request.RouteValues[name]!);

    /// <summary>The text of a route value that <see cref="UseWholeSegments"/> has encoded.</summary>
    public static string Decode(string segment) => Uri.UnescapeDataString(segment.Replace('~', '%'));

    // Whether Kestrel's own path is right, as that of a write nearly always is.
    private static bool IsPlain(ReadOnlySpan<char> target) =>
        target.StartsWith('/') && !target.EndsWith('/') && !target.ContainsAnyExcept(Plain) && !target.Contains("//", StringComparison.Ordinal);

    private static string Normalize(string target) =>
        "/" + string.Join('/', target.Split('?', '#')[0].Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString).Select(Encode));

    // Routing decodes percent signs, but not all: a tilde stands for each until the handler decodes.
    private static string Encode(string text) => Uri.EscapeDataString(text).Replace("~", "%7E", StringComparison.Ordinal).Replace('%', '~');
}
