using System.Diagnostics.Metrics;
using DataGlue.Edge.Http;

namespace DataGlue.Edge.Reports;

/// <summary>Lets few reports run at once: each takes a processor and memory, and the writes of visitors come first.</summary>
internal sealed class ReportGate : IDisposable
{
    private const int Most = 2;
    private const int MostWaiting = 20;

    /// <summary>How long a report waits for its turn, and how long it may take then.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim gate = new(Most, Most);
    private readonly Counter<long> reports;
    private int waiting;

    public ReportGate(IMeterFactory meters) => reports = meters.Create(Startup.Meter).CreateCounter<long>("dataglue.reports", "{report}", "Reports that were asked for, by what became of them");

    /// <summary>Runs a report on a thread of its own, when it is its turn.</summary>
    /// <exception cref="RequestException">503: too many wait, or it takes longer than 30 s.</exception>
    public async Task<T> RunAsync<T>(Func<CancellationToken, T> report, CancellationToken gone)
    {
        using var turn = await EnterAsync(gone);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(gone);
        limit.CancelAfter(Patience);
        try
        {
            var result = await Task.Factory.StartNew(() => report(limit.Token), limit.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            Count("answered");
            return result;
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            Count("cancelled");
            throw;
        }
        catch (OperationCanceledException)
        {
            Count("too_slow");
            throw new RequestException(StatusCodes.Status503ServiceUnavailable, $"This report takes more than {Patience.TotalSeconds:0} s; ask for a shorter range, or for fewer steps or fields; after many events came at once, ask again in a few minutes");
        }
    }

    /// <summary>Waits for the turn of something that takes as long as a report; it ends with what this gives.</summary>
    /// <exception cref="RequestException">503: too many wait.</exception>
    public async Task<IDisposable> EnterAsync(CancellationToken gone)
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
        catch (OperationCanceledException)
        {
            Count("cancelled");
            throw;
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }

        return new Turn(gate);
    }

    public void Dispose() => gate.Dispose();

    private RequestException Busy()
    {
        Count("busy");
        return new RequestException(StatusCodes.Status503ServiceUnavailable, "Other reports are running; ask again a little later");
    }

    private sealed class Turn(SemaphoreSlim gate) : IDisposable
    {
        public void Dispose() => gate.Release();
    }

    private void Count(string result) => reports.Add(1, new KeyValuePair<string, object?>("result", result));
}
