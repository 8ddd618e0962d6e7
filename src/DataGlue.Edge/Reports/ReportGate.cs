using DataGlue.Edge.Http;

namespace DataGlue.Edge.Reports;

/// <summary>Lets few reports run at once: each takes a processor and memory, and the writes of visitors come first.</summary>
internal sealed class ReportGate : IDisposable
{
    private const int Most = 2;
    private const int MostWaiting = 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim gate = new(Most, Most);
    private int waiting;

    /// <summary>Runs a report on a thread of its own, when it is its turn.</summary>
    /// <exception cref="RequestException">503: too many wait, or it takes longer than 30 s.</exception>
    public async Task<T> RunAsync<T>(Func<CancellationToken, T> report, CancellationToken gone)
    {
        if (Interlocked.Increment(ref waiting) > MostWaiting)
        {
            Interlocked.Decrement(ref waiting);
            throw Busy();
        }

        try
        {
            if (!await gate.WaitAsync(Patience, gone))
            {
                throw Busy();
            }
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(gone);
        limit.CancelAfter(Patience);
        try
        {
            return await Task.Factory.StartNew(() => report(limit.Token), limit.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        catch (OperationCanceledException) when (!gone.IsCancellationRequested)
        {
            throw new RequestException(StatusCodes.Status503ServiceUnavailable, $"This report takes more than {Patience.TotalSeconds:0} s; ask for a shorter range, or for fewer steps or fields");
        }
        finally
        {
            gate.Release();
        }
    }

    public void Dispose() => gate.Dispose();

    private static RequestException Busy() => new(StatusCodes.Status503ServiceUnavailable, "Other reports are running; ask again a little later");
}
