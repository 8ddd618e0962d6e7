namespace DataGlue.Edge.Http;

/// <summary>Bodies with <c>Content-Encoding: gzip</c>, <c>br</c> or <c>deflate</c>, which ASP.NET decompresses while they are read.</summary>
internal static class CompressedBodies
{
    /// <summary>Decompresses bodies, and marks their requests: the framework removes the header.</summary>
    public static IApplicationBuilder UseCompressedBodies(this IApplicationBuilder app)
    {
        app.Use(next => context =>
        {
            if (context.Request.Headers.ContentEncoding is { Count: > 0 } coding && coding != "identity")
            {
                context.Features.Set(new Mark());
            }

            return next(context);
        });
        return app.UseRequestDecompression();
    }

    public static bool IsCompressed(HttpRequest request) => request.HttpContext.Features.Get<Mark>() is not null;

    private sealed class Mark;
}
