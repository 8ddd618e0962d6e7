using DataGlue.Edge.Intake;
using DataGlue.Edge.Model;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Monitoring;

/// <summary>Whether the database takes a write. It is tried once a second at the most; requests meanwhile share the answer.</summary>
internal sealed class Readiness(WriteQueue queue, ISink sink, TimeProvider clock)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    private readonly Lock gate = new();
    private Task<string?> answer = Task.FromResult<string?>(null);
    private long? asked;

    /// <summary>Null when a write is durable, else why it is not, without paths and SQL.</summary>
    public async Task<string?> UnavailableReasonAsync()
    {
        try
        {
            return await Current().WaitAsync(Timeout, clock);
        }
        catch (TimeoutException)
        {
            return $"a write has waited for {Timeout.TotalSeconds:0} s";
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
            return probe.IsRefused ? "a rule of the database's owner refuses the write of this check" : queue.OutageReason ?? sink.UnavailableReason;
        }
        catch (StorageUnavailableException unavailable)
        {
            return unavailable.Cause;
        }
    }
}
