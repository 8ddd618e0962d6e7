using DataGlue.Edge.Regions;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Monitoring;

/// <summary>Whether the database takes a write. It is tried once a second at the most; whoever asks meanwhile shares the answer.</summary>
public sealed class Readiness(WriteQueue queue, Outbox outbox, TimeProvider clock)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Lock gate = new();
    private Task<string?> answer = Task.FromResult<string?>(null);
    private long? asked;

    /// <summary>Writes, or waits for who is writing already.</summary>
    /// <returns>Null when the write is durable, else why it is not: no path, no SQL.</returns>
    public async Task<string?> ReasonAgainstAsync()
    {
        try
        {
            return await Current().WaitAsync(Patience, clock);
        }
        catch (TimeoutException)
        {
            return $"a write has waited for {Patience.TotalSeconds:0} s";
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
            var results = await queue.SubmitAsync(new ProbeWrite(Instants.Utf8(Instants.Now(clock))));
            return results[0].Refusal is null ? outbox.ReasonAgainst : "the database refuses to keep when it was last asked";
        }
        catch (StorageUnavailableException unavailable)
        {
            return unavailable.Cause;
        }
    }
}
