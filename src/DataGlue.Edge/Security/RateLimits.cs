using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading.RateLimiting;
using DataGlue.Edge.Http;

namespace DataGlue.Edge.Security;

/// <summary>How many requests to /glue an address may send in a minute.</summary>
public static class RateLimits
{
    // Each partition is an object that lives for a minute or more. Addresses share them, so that a million of them take no more memory than these.
    private const int Partitions = 65_536;

    private const int Exempt = -1;

    // One customer's network, of whose addresses each device has as many as it likes.
    private const int NetworkBytes = 8;

    /// <summary>Makes the limiter of <c>RATE_LIMIT</c>; a caller with the key is exempt.</summary>
    public static void AddRateLimits(this IServiceCollection services, EdgeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.RateLimit == 0)
        {
            return;
        }

        var client = new ClientAddress(options);
        var window = new FixedWindowRateLimiterOptions
        {
            PermitLimit = options.RateLimit,
            Window = TimeSpan.FromMinutes(1),
            AutoReplenishment = false,
        };
        services.AddRateLimiter(limiter =>
        {
            limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            limiter.OnRejected = (rejected, _) => Reject(rejected.HttpContext, rejected.Lease, options.RateLimit);
            limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, int>(context => IsLimited(context, options)
                ? RateLimitPartition.GetFixedWindowLimiter(PartitionOf(client.Of(context)), _ => window)
                : RateLimitPartition.GetNoLimiter(Exempt));
        });
    }

    /// <summary>Answers 429 to an address that has sent too many, before anything is done for it.</summary>
    public static void UseRateLimits(this IApplicationBuilder app, EdgeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.RateLimit > 0)
        {
            app.UseRateLimiter();
        }
    }

    // A wrong key counts wherever it is tried.
    private static bool IsLimited(HttpContext context, EdgeOptions options) => options.ApiKeys.Check(context.Request) switch
    {
        KeyProof.Right => false,
        KeyProof.Wrong => true,
        _ => RequestPath.IsGlue(context.Request) && !CrossOrigin.IsPreflight(context.Request),
    };

    // The hash of a string has a key that is made at random for each process: nobody can look for addresses that share a partition with another's.
    private static int PartitionOf(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        var identity = bytes[..(address.AddressFamily == AddressFamily.InterNetworkV6 ? NetworkBytes : length)];
        return (int)((uint)string.GetHashCode(MemoryMarshal.Cast<byte, char>(identity)) % Partitions);
    }

    private static ValueTask Reject(HttpContext context, RateLimitLease lease, int limit)
    {
        var wait = lease.TryGetMetadata(MetadataName.RetryAfter, out var span) ? span : TimeSpan.FromMinutes(1);
        context.Response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        ErrorBodies.Write(
            context.Response, StatusCodes.Status429TooManyRequests, $"More than {limit} requests in a minute from this address; wait as long as Retry-After says");
        return ValueTask.CompletedTask;
    }
}
