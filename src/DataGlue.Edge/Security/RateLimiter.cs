using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading.RateLimiting;

namespace DataGlue.Edge.Security;

/// <summary>Bounds the requests of an address in a minute, to the endpoints that declare it.</summary>
internal sealed class RateLimiter(Settings settings) : IDisposable
{
    // Each partition is an object that lives for a minute or more. Addresses share them, so that a million addresses take no more memory than these.
    private const int Partitions = 65_536;

    // Of IPv6 a network of one customer (/64): each device takes as many of its addresses as it likes.
    private const int NetworkBytes = 8;

    private readonly ClientAddress client = new(settings);

    private readonly PartitionedRateLimiter<int> limiter = PartitionedRateLimiter.Create<int, int>(partition => RateLimitPartition.GetFixedWindowLimiter(
        partition, _ => new FixedWindowRateLimiterOptions { PermitLimit = settings.RateLimit, Window = TimeSpan.FromMinutes(1), AutoReplenishment = false }));

    /// <summary>Whether a request counts: one without a key, to an endpoint that declares it; one with a wrong key, to any.</summary>
    public bool Counts(HttpContext context, KeyProof proof) => settings.RateLimit > 0 && proof switch
    {
        KeyProof.Right => false,
        KeyProof.Wrong => true,
        _ => context.GetEndpoint()?.Metadata.GetMetadata<RateLimitedMetadata>() is not null && !CrossOrigin.IsPreflight(context.Request),
    };

    /// <summary>Counts the request. Returns how long to wait when it is one too many, else null.</summary>
    public TimeSpan? TryAcquire(HttpContext context)
    {
        using var lease = limiter.AttemptAcquire(PartitionOf(client.Of(context)));
        return lease.IsAcquired ? null : lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : TimeSpan.FromMinutes(1);
    }

    public void Dispose() => limiter.Dispose();

    // The hash of a string has a random key for each process: nobody can search for addresses that share a partition with another's.
    private static int PartitionOf(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        var identity = bytes[..(address.AddressFamily == AddressFamily.InterNetworkV6 ? NetworkBytes : length)];
        return (int)((uint)string.GetHashCode(MemoryMarshal.Cast<byte, char>(identity)) % Partitions);
    }
}

internal static class RateLimiterExtensions
{
    /// <summary>Requests to these endpoints count.</summary>
    public static TBuilder RateLimited<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new RateLimitedMetadata());
}

internal sealed class RateLimitedMetadata;
