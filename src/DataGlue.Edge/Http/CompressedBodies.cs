namespace DataGlue.Edge.Http;

/// <summary>Bodies with <c>Content-Encoding: gzip</c>, <c>br</c> or <c>deflate</c>, decompressed by ASP.NET as they are read.</summary>
internal static class CompressedBodies
{
    /// <summary>Decompresses bodies, and remembers which, as the framework takes their header away.</summary>
    public static IApplicationBuilder UseCompressedBodies(this IApplicationBuilder app)
    {
        app.Use(next => context =>
        {
            if (context.Request.Headers.ContentEncoding is { Count: > 0 } coding && coding != "identity")
            {
                context.Features.Set(Mark.Instance);
            }

            return next(context);
        });
        return app.UseRequestDecompression();
    }

    /// <summary>Whether what is read of this body is not what was sent.</summary>
    public static bool IsCompressed(HttpRequest request)
    {
        return request.HttpContext.Features.Get<Mark>() is not null;
    }

    private sealed class Mark
    {
        public static Mark Instance { get; } = new();
    }
}
