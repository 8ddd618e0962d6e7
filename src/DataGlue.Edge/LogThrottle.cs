using System.Collections.Concurrent;

namespace DataGlue.Edge;

/// <summary>Lets each error into the log once in ten seconds: what fails for one request fails for the next one too.</summary>
internal sealed class LogThrottle(TimeProvider clock)
{
    /// <summary>How long the log is silent about an error that it was told of.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<int, long> told = new();

    /// <summary>Whether the log may be told of this error; then not again for a while.</summary>
    public bool Allows(int code)
    {
        var now = clock.GetTimestamp();
        return told.TryGetValue(code, out var last)
            ? clock.GetElapsedTime(last, now) >= Silence && told.TryUpdate(code, now, last)
            : told.TryAdd(code, now);
    }
}
