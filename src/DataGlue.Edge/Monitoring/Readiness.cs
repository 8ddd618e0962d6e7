using DataGlue.Edge.Intake;
using DataGlue.Edge.Model;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Monitoring;

/// <summary>Whether the database takes a write, and its log does not grow for ever. It is tried once a second at the most; requests meanwhile share the answer.</summary>
internal sealed class Readiness(WriteQueue queue, ISink sink, TimeProvider clock)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    private readonly Lock gate = new();
    private Task<string?> answer = Task.FromResult<string?>(null);
    private long? asked;

    /// <summary>Null when a write is durable, else a sentence that says why it is not, without paths and SQL.</summary>
    public async Task<string?> ProblemAsync()
    {
        try
        {
            return await Current().WaitAsync(Timeout, clock);
        }
        catch (TimeoutException)
        {
            return NoWrites($"a write has waited for {Timeout.TotalSeconds:0} s");
        }
    }

    private Task<string?> Current()
    {
        lock (gate)
        {
            if (asked is not { } last || (answer.IsCompleted && clock.GetElapsedTime(last) >= Interval))
            {
                asked = clock.GetTimestamp();
                answer = ProbeAsync();
            }

            return answer;
        }
    }

    private async Task<string?> ProbeAsync()
    {
        try
        {
            var probe = new ProbeWrite(Instants.Utf8(Instants.Now(clock)));
            await queue.SubmitAsync(probe);

            // A probe that succeeds proves nothing while the writes of callers are refused.
            var reason = probe.IsRefused ? "a rule of the database's owner refuses the write of this check" : queue.OutageReason ?? sink.UnavailableReason;
            return reason is not null ? NoWrites(reason)
                : queue.LogExcess is { } excess ? $"The write-ahead log grows: {excess}"
                : null;
        }
        catch (StorageUnavailableException unavailable)
        {
            return NoWrites(unavailable.Cause);
        }
    }

    private static string NoWrites(string reason) => $"The database takes no writes: {reason}";
}
