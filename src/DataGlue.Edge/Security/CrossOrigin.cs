using System.Buffers;
using DataGlue.Edge.Http;

namespace DataGlue.Edge.Security;

/// <summary>What a browser is told of requests across origins (CORS): the posts of pages alone, never a read.</summary>
internal static class CrossOrigin
{
    private const string Policy = "pages";

    // What a header may hold: visible ASCII, the space and the tab.
    private static readonly SearchValues<char> Sendable = SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Append('\t').Select(value => (char)value)]);

    // A day; each browser has its own, lower bound.
    private static readonly TimeSpan MaxAge = TimeSpan.FromHours(24);

    /// <summary>Makes the policy of <see cref="AllowPages"/>.</summary>
    public static void AddCrossOrigin(this IServiceCollection services, Settings settings) => services.AddCors(cors => cors.AddPolicy(Policy, policy =>
    {
        policy.WithMethods(HttpMethods.Post).AllowAnyHeader().WithExposedHeaders("Retry-After").SetPreflightMaxAge(MaxAge);
        _ = settings.AllowedOrigins.AreNamed ? policy.SetIsOriginAllowed(settings.AllowedOrigins.Names) : policy.AllowAnyOrigin();
    }));

    /// <summary>Refuses a preflight for headers that have no such name: CORS would send it back, which Kestrel refuses to.</summary>
    public static IApplicationBuilder UseReadablePreflights(this IApplicationBuilder app) => app.Use(next => context =>
        IsPreflight(context.Request) && context.Request.Headers.AccessControlRequestHeaders.ToString().AsSpan().ContainsAnyExcept(Sendable)
            ? throw new RequestException(StatusCodes.Status400BadRequest, "Access-Control-Request-Headers must be names of headers, separated by commas")
            : next(context));

    /// <summary>Whether a browser asks, before it sends a request of a page, whether it may.</summary>
    public static bool IsPreflight(HttpRequest request)
    {
        return HttpMethods.IsOptions(request.Method) && request.Headers.Origin.Count > 0 && request.Headers.AccessControlRequestMethod.Count > 0;
    }

    /// <summary>Lets pages post to this endpoint: the door lets them in, and their browser lets them read the answer.</summary>
    public static TBuilder AllowPages<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.For(Audience.Pages).RequireCors(Policy);
}
