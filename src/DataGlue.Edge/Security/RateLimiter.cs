using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading.RateLimiting;

namespace DataGlue.Edge.Security;

/// <summary>How many requests an address may send in a minute, to endpoints that declare it.</summary>
internal sealed class RateLimiter(Settings settings) : IDisposable
{
    // Each partition is an object that lives for a minute or more. Addresses share them, so that a million of them take no more memory than these.
    private const int Partitions = 65_536;

    // One customer's network, of whose addresses each device has as many as it likes.
    private const int NetworkBytes = 8;

    private readonly ClientAddress client = new(settings);

    private readonly PartitionedRateLimiter<int> limiter = PartitionedRateLimiter.Create<int, int>(partition => RateLimitPartition.GetFixedWindowLimiter(
        partition, _ => new FixedWindowRateLimiterOptions { PermitLimit = settings.RateLimit, Window = TimeSpan.FromMinutes(1), AutoReplenishment = false }));

    /// <summary>Whether a request counts: to an endpoint that declares it, unless its caller has the key; and a wrong key wherever it is tried.</summary>
    public bool Counts(HttpContext context, KeyProof proof) => settings.RateLimit > 0 && proof switch
    {
        KeyProof.Right => false,
        KeyProof.Wrong => true,
        _ => context.GetEndpoint()?.Metadata.GetMetadata<RateLimited>() is not null && !CrossOrigin.IsPreflight(context.Request),
    };

    /// <summary>Counts the request.</summary>
    /// <returns>How long to wait when it is one too many; null when it is not.</returns>
    public TimeSpan? TryAcquire(HttpContext context)
    {
        using var lease = limiter.AttemptAcquire(PartitionOf(client.Of(context)));
        return lease.IsAcquired ? null : lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : TimeSpan.FromMinutes(1);
    }

    public void Dispose() => limiter.Dispose();

    // The hash of a string has a key that is made at random for each process: nobody can look for addresses that share a partition with another's.
    private static int PartitionOf(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        var identity = bytes[..(address.AddressFamily == AddressFamily.InterNetworkV6 ? NetworkBytes : length)];
        return (int)((uint)string.GetHashCode(MemoryMarshal.Cast<byte, char>(identity)) % Partitions);
    }

    internal sealed class RateLimited
    {
        public static RateLimited Instance { get; } = new();
    }
}

/// <summary>Declares the rate limit.</summary>
internal static class RateLimiterExtensions
{
    /// <summary>Requests to these endpoints count.</summary>
    public static TBuilder RateLimited<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(RateLimiter.RateLimited.Instance);
}
