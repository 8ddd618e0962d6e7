using DataGlue.Edge.Http;

namespace DataGlue.Edge.Security;

/// <summary>Bounds the events, identifications and sessions of an address in a minute, whatever requests they come in. Holders of a secret key are exempt.</summary>
internal sealed class EventLimiter(Settings settings, TimeProvider clock)
{
    private readonly ClientAddress client = new(settings);
    private readonly long started = clock.GetTimestamp();

    // When the allowance of each counter is full again, in ticks since the start. What is taken moves that moment, so nothing has to be refilled.
    private readonly long[] full = settings.EventLimit > 0 ? new long[AddressCounters.Count] : [];

    /// <summary>Takes this much of the caller's allowance. More than a minute's is taken from a full one alone, which the next minutes then fill again.</summary>
    /// <exception cref="RequestException">429: there is less left; nothing is taken.</exception>
    public void Take(HttpContext context, long count)
    {
        if (settings.EventLimit == 0 || count == 0 || context.KeyProof() == KeyProof.Secret)
        {
            return;
        }

        ref var counter = ref full[AddressCounters.Of(client.Of(context))];
        var price = count * TimeSpan.TicksPerMinute / settings.EventLimit;
        while (true)
        {
            var known = Volatile.Read(ref counter);
            var now = clock.GetElapsedTime(started).Ticks;
            var used = Math.Max(0, known - now);
            var wait = used + Math.Min(price, TimeSpan.TicksPerMinute) - TimeSpan.TicksPerMinute;
            if (wait > 0)
            {
                var sentence = $"More than {settings.EventLimit} events in a minute from this address; wait as long as Retry-After says";
                throw new RequestException(StatusCodes.Status429TooManyRequests, sentence) { RetryAfter = TimeSpan.FromTicks(wait) };
            }

            if (Interlocked.CompareExchange(ref counter, now + used + price, known) == known)
            {
                return;
            }
        }
    }
}
