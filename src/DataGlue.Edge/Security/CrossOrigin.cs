using System.Buffers;
using DataGlue.Edge.Http;
using Microsoft.Net.Http.Headers;

namespace DataGlue.Edge.Security;

/// <summary>Requests across origins (CORS): pages may post, and read nothing.</summary>
internal static class CrossOrigin
{
    private const string Policy = "pages";

    // A day; each browser has its own, lower bound.
    private static readonly TimeSpan MaxAge = TimeSpan.FromHours(24);

    // What a header may hold: visible ASCII, the space and the tab.
    private static readonly SearchValues<char> Sendable = SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Append('\t').Select(value => (char)value)]);

    /// <summary>Adds the policy of <see cref="AllowPages"/>. It names the origin and allows credentials, since <c>sendBeacon</c> with JSON in a Blob always has
    /// them: no post reads a cookie, so they prove nothing.</summary>
    public static void AddCrossOrigin(this IServiceCollection services, Settings settings) => services.AddCors(cors => cors.AddPolicy(Policy, policy => policy
        .WithMethods(HttpMethods.Post).AllowAnyHeader().AllowCredentials().WithExposedHeaders(HeaderNames.Date, HeaderNames.RetryAfter).SetPreflightMaxAge(MaxAge)
        .SetIsOriginAllowed(origin => IsAllowed(origin, settings))));

    /// <summary>Refuses a preflight whose header names are invalid: CORS would send them back, and Kestrel throws on that.</summary>
    public static IApplicationBuilder UseReadablePreflights(this IApplicationBuilder app) => app.Use(next => context =>
        IsPreflight(context.Request) && context.Request.Headers.AccessControlRequestHeaders.ToString().AsSpan().ContainsAnyExcept(Sendable)
            ? throw new RequestException(StatusCodes.Status400BadRequest, "Access-Control-Request-Headers must be names of headers, separated by commas")
            : next(context));

    public static bool IsPreflight(HttpRequest request) =>
        HttpMethods.IsOptions(request.Method) && request.Headers.Origin.Count > 0 && request.Headers.AccessControlRequestMethod.Count > 0;

    /// <summary>Lets pages post to this endpoint and read the reply.</summary>
    public static TBuilder AllowPages<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.For(Audience.Pages).RequireCors(Policy);

    // A preflight does not show the key that the post will have: where there are write keys, each origin may try. Kestrel sends no other origin back than ASCII.
    private static bool IsAllowed(string origin, Settings settings) => !origin.AsSpan().ContainsAnyExcept(Sendable)
        && (settings.AllowedOrigins.Names(origin) || !settings.AllowedOrigins.AreNamed || settings.WriteKeys.AreSet);
}
