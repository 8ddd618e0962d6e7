using System.Diagnostics;

namespace DataGlue.Edge.Storage;

/// <summary>
/// The only way into the database: a bounded queue and one thread that takes all that waits, runs it in one transaction,
/// and answers after its fsync. A lone write waits for nobody; batches form by themselves while an fsync runs.
/// </summary>
public sealed partial class WriteQueue : IHostedService, IDisposable
{
    /// <summary>How many requests may wait.</summary>
    public const int Capacity = 4_096;

    /// <summary>How much memory waiting writes may hold, in bytes.</summary>
    public const long MaxWaitingBytes = 48 * 1024 * 1024;

    private const int MaxWritesPerCommit = 2_048;

    private readonly EdgeDatabase database;
    private readonly GroupCommit writer;
    private readonly StorageMetrics metrics;
    private readonly Thread thread;
    private readonly TaskCompletionSource drained = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Guards what waits. A Channel would wake the writer by way of the thread pool, and its lock is taken for each entry that is taken out.
    private readonly object gate = new();
    private readonly Queue<Submission> waiting = new();
    private long waitingBytes;
    private bool closed;

    /// <summary>Makes the queue; nothing is written before <see cref="StartAsync"/>.</summary>
    public WriteQueue(EdgeDatabase database, StorageMetrics metrics, TimeProvider clock, ILogger<WriteQueue> logger)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        this.database = database;
        this.metrics = metrics;
        metrics.Observe(() => waiting.Count, () => waitingBytes);
        writer = new GroupCommit(database, clock, logger);
        thread = new Thread(Run) { Name = "writer", IsBackground = true };
    }

    /// <summary>Writes all of <paramref name="writes"/> in one transaction, in their order, and ends after its fsync.</summary>
    /// <returns>What became of each write. One that the database refuses fails alone.</returns>
    /// <exception cref="StorageUnavailableException">The queue is full, the server is stopping, or the database takes no writes; nothing is stored.</exception>
    public Task<WriteResult[]> SubmitAsync(params IReadOnlyList<IWrite> writes)
    {
        ArgumentNullException.ThrowIfNull(writes);
        if (writes.Count == 0)
        {
            return Task.FromResult(Array.Empty<WriteResult>());
        }

        var submission = new Submission(writes);
        return TryEnqueue(submission)
            ? submission.Completion
            : throw (closed
                ? new StorageUnavailableException("The server is stopping; send it again a little later", "the server is stopping")
                : new StorageUnavailableException("Too many writes are waiting; send it again a little later", "too many writes are waiting"));
    }

    /// <summary>Opens the database before the first request comes, and begins to write.</summary>
    /// <exception cref="SchemaException">The database cannot be written.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        writer.Start();
        thread.Start();
        return Task.CompletedTask;
    }

    /// <summary>
    /// Takes no more writes, commits those that wait, and moves the log into the database file. It does not give up when the
    /// host's patience ends: what waits was accepted.
    /// </summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        Close();
        return thread.IsAlive ? drained.Task : Task.CompletedTask;
    }

    /// <summary>Ends the writer, if nobody has stopped it; what waits is written first.</summary>
    public void Dispose()
    {
        Close();
        if (thread.IsAlive)
        {
            thread.Join();
        }

        writer.Dispose();
    }

    private void Run()
    {
        try
        {
            Serve();
            database.CloseReaders();
            writer.Checkpoint();
            writer.Dispose();
        }
        finally
        {
            drained.TrySetResult();
        }
    }

    private bool TryEnqueue(Submission submission)
    {
        lock (gate)
        {
            // One that is larger than all that may wait is taken when nothing else waits: it would never fit otherwise.
            var isFull = waiting.Count == Capacity || (waiting.Count > 0 && waitingBytes + submission.Size > MaxWaitingBytes);
            if (closed || isFull)
            {
                return false;
            }

            waiting.Enqueue(submission);
            waitingBytes += submission.Size;
            if (waiting.Count == 1)
            {
                Monitor.Pulse(gate);
            }

            return true;
        }
    }

    private void Close()
    {
        lock (gate)
        {
            closed = true;
            Monitor.Pulse(gate);
        }
    }

    private void Serve()
    {
        var group = new List<Submission>();
        while (TryTake(group))
        {
            var started = Stopwatch.GetTimestamp();
            if (writer.Commit(group))
            {
                metrics.Committed(group.Sum(submission => submission.Count), Stopwatch.GetElapsedTime(started));
            }
            else
            {
                metrics.Failed();
            }

            Submission.Answer(group);
            group.Clear();
        }
    }

    // Waits for the next group; there is none after the end.
    private bool TryTake(List<Submission> group)
    {
        lock (gate)
        {
            while (waiting.Count == 0 && !closed)
            {
                Monitor.Wait(gate);
            }

            var writes = 0;
            while (writes < MaxWritesPerCommit && waiting.TryDequeue(out var submission))
            {
                group.Add(submission);
                writes += submission.Count;
                waitingBytes -= submission.Size;
            }

            return group.Count > 0;
        }
    }
}
