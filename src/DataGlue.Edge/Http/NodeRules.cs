namespace DataGlue.Edge.Http;

/// <summary>
/// Which node answers an endpoint; a group declares it for its endpoints. No node takes what is declared from an edge that takes it for its home, unless
/// it is the home.
/// </summary>
internal static class NodeRules
{
    /// <summary>The home answers this: an edge sends it on.</summary>
    public static TBuilder AnsweredAtHome<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new NodeRule(AtHome: true));

    /// <summary>Every node answers this itself.</summary>
    public static TBuilder AnsweredHere<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new NodeRule(AtHome: false));

    /// <summary>Whether the endpoint of this request declares who answers it.</summary>
    public static bool AreDeclared(HttpContext context) => Of(context) is not null;

    /// <summary>Whether the home answers this request.</summary>
    public static bool IsAnsweredAtHome(HttpContext context) => Of(context) is { AtHome: true };

    private static NodeRule? Of(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<NodeRule>();

    private sealed record NodeRule(bool AtHome);
}
