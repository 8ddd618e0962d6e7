namespace DataGlue.Edge.Security;

/// <summary>Headers of every reply: it is what it says it is, it is kept nowhere, and it is not told of to others.</summary>
internal static class SecurityHeaders
{
    /// <summary>Sets them on every reply below this point in the pipeline.</summary>
    public static IApplicationBuilder UseSecurityHeaders(this IApplicationBuilder app) => app.Use(next => context =>
    {
        Set(context.Response);
        return next(context);
    });

    /// <summary>Sets them on a reply whose headers were cleared.</summary>
    public static void Set(HttpResponse response)
    {
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers.CacheControl = "no-store";
    }
}
