using DataGlue.Edge.Http;

namespace DataGlue.Edge.Regions;

/// <summary>What an edge does with a request to an endpoint below /glue: it sends it on to its home, unless the endpoint says otherwise.</summary>
internal static class AtEdge
{
    /// <summary>An edge answers this itself.</summary>
    public static TBuilder AnsweredHere<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(Here.Instance);

    /// <summary>This is asked of a home alone: an edge does not even send it on.</summary>
    public static TBuilder AnsweredAtHome<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(Home.Instance);

    public static bool IsForHomeAlone(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<Home>() is not null;

    public static bool IsForwarded(HttpContext context) => context.GetEndpoint() is RouteEndpoint endpoint
        && RequestPath.IsGlue(context.Request) && endpoint.Metadata.GetMetadata<Here>() is null;

    private sealed class Here
    {
        public static Here Instance { get; } = new();
    }

    private sealed class Home
    {
        public static Home Instance { get; } = new();
    }
}
