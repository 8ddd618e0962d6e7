namespace DataGlue.Edge.Security;

/// <summary>What a browser is told of requests across origins (CORS): the posts of pages alone, never a read.</summary>
public static class CrossOrigin
{
    private const string Policy = "pages";

    // A day; each browser has its own, lower bound.
    private static readonly TimeSpan MaxAge = TimeSpan.FromHours(24);

    /// <summary>Makes the policy of <see cref="AllowPages"/>.</summary>
    public static void AddCrossOrigin(this IServiceCollection services, EdgeOptions options) => services.AddCors(cors => cors.AddPolicy(Policy, policy =>
    {
        policy.WithMethods(HttpMethods.Post).AllowAnyHeader().WithExposedHeaders("Retry-After").SetPreflightMaxAge(MaxAge);
        _ = options.AllowedOrigins.AreNamed ? policy.SetIsOriginAllowed(options.AllowedOrigins.Names) : policy.AllowAnyOrigin();
    }));

    /// <summary>Whether a browser asks, before it sends a request of a page, whether it may.</summary>
    public static bool IsPreflight(HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return HttpMethods.IsOptions(request.Method) && request.Headers.Origin.Count > 0 && request.Headers.AccessControlRequestMethod.Count > 0;
    }

    /// <summary>Lets pages post to this endpoint: the door lets them in, and their browser lets them read the answer.</summary>
    public static TBuilder AllowPages<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.For(Audience.Pages).RequireCors(Policy);
}
