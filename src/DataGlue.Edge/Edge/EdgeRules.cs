namespace DataGlue.Edge.Edge;

/// <summary>What an edge does with a request to an endpoint; a group declares it for its endpoints. Where nothing is declared, an edge answers like any node.</summary>
internal static class EdgeRules
{
    /// <summary>An edge sends this on to its home, and takes it from no other edge.</summary>
    public static TBuilder ForwardedToHome<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new EdgeRule(IsForwarded: true));

    /// <summary>An edge answers this itself, and takes it from no other edge.</summary>
    public static TBuilder AnsweredHere<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new EdgeRule(IsForwarded: false));

    public static bool AreDeclared(HttpContext context) => Of(context) is not null;

    public static bool IsForwarded(HttpContext context) => Of(context) is { IsForwarded: true };

    private static EdgeRule? Of(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<EdgeRule>();

    private sealed record EdgeRule(bool IsForwarded);
}
