namespace DataGlue.Edge.Http;

/// <summary>Which node answers an endpoint. An edge refuses such requests of another edge.</summary>
internal static class NodeRules
{
    private static readonly TimeSpan UsualPatience = TimeSpan.FromSeconds(15);

    /// <summary>The home answers this: an edge forwards it.</summary>
    /// <param name="patience">How long the edge waits for the answer to begin; null is the usual.</param>
    public static TBuilder AnsweredAtHome<TBuilder>(this TBuilder endpoint, TimeSpan? patience = null)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new NodeRule(AtHome: true, patience ?? UsualPatience));

    /// <summary>Every node answers this itself.</summary>
    public static TBuilder AnsweredHere<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new NodeRule(AtHome: false, UsualPatience));

    public static bool AreDeclared(HttpContext context) => Of(context) is not null;
    public static bool IsAnsweredAtHome(HttpContext context) => Of(context) is { AtHome: true };
    public static TimeSpan PatienceOf(HttpContext context) => Of(context)?.Patience ?? UsualPatience;
    private static NodeRule? Of(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<NodeRule>();

    private sealed record NodeRule(bool AtHome, TimeSpan Patience);
}
