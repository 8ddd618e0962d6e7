namespace DataGlue.Edge.Http;

/// <summary>Which node answers an endpoint. An edge refuses such requests of another edge.</summary>
internal static class NodeRules
{
    /// <summary>The home answers this: an edge forwards it.</summary>
    public static TBuilder AnsweredAtHome<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new NodeRule(AtHome: true));

    /// <summary>Every node answers this itself.</summary>
    public static TBuilder AnsweredHere<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new NodeRule(AtHome: false));

    public static bool AreDeclared(HttpContext context) => Of(context) is not null;
    public static bool IsAnsweredAtHome(HttpContext context) => Of(context) is { AtHome: true };
    private static NodeRule? Of(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<NodeRule>();

    private sealed record NodeRule(bool AtHome);
}
