namespace DataGlue.Edge.Security;

/// <summary>Whom an endpoint answers; one without an audience answers the owner alone.</summary>
internal enum Audience
{
    Edges, // holders of the relay key or of a secret key; as long as none is set, nobody
    Owner, // holders of a secret key; as long as none is set, callers on this machine
    Pages, // the owner, holders of a write key, and pages of the origins that are listed by name; as long as no secret key is set, everyone
    Public, // everyone; as long as no secret key is set, callers on this machine
    Probes, // everyone, always: a platform's health checks carry no key
}

internal static class AudienceExtensions
{
    /// <summary>Lets this audience call the endpoint.</summary>
    public static TBuilder For<TBuilder>(this TBuilder endpoint, Audience audience)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new AudienceMetadata(audience));

    public static Audience Audience(this HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<AudienceMetadata>()?.Audience ?? Security.Audience.Owner;

    private sealed record AudienceMetadata(Audience Audience);
}
