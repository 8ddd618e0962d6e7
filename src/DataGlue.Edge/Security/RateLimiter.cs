using System.Threading.RateLimiting;

namespace DataGlue.Edge.Security;

/// <summary>Bounds the requests of an address in a minute, to the endpoints that declare it.</summary>
internal sealed class RateLimiter(Settings settings) : IDisposable
{
    private readonly ClientAddress client = new(settings);

    // Each partition is an object that lives for a minute or more.
    private readonly PartitionedRateLimiter<int> limiter = PartitionedRateLimiter.Create<int, int>(partition => RateLimitPartition.GetFixedWindowLimiter(
        partition, _ => new FixedWindowRateLimiterOptions { PermitLimit = settings.RateLimit, Window = TimeSpan.FromMinutes(1), AutoReplenishment = false }));

    /// <summary>Whether a request counts: one without a secret key, to an endpoint that declares it; one with a wrong key, to any. A relay never does.</summary>
    public bool Counts(HttpContext context, KeyProof proof) => settings.RateLimit > 0 && proof switch
    {
        KeyProof.Secret => false,
        KeyProof.Wrong => true,
        KeyProof.Relay when context.Audience() == Audience.Edges => false,
        _ => context.GetEndpoint()?.Metadata.GetMetadata<RateLimitedMetadata>() is not null && !CrossOrigin.IsPreflight(context.Request),
    };

    /// <summary>Counts the request. Returns how long to wait when it is one too many, else null.</summary>
    public TimeSpan? TryAcquire(HttpContext context)
    {
        using var lease = limiter.AttemptAcquire(AddressCounters.Of(client.Of(context)));
        return lease.IsAcquired ? null : lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : TimeSpan.FromMinutes(1);
    }

    public void Dispose() => limiter.Dispose();
}

internal static class RateLimiterExtensions
{
    /// <summary>Requests to these endpoints count.</summary>
    public static TBuilder RateLimited<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new RateLimitedMetadata());
}

internal sealed class RateLimitedMetadata;
