using System.Diagnostics;

namespace DataGlue.Edge.Storage;

/// <summary>The only way into the database: a bounded queue, and one thread that commits all that waits in one transaction, and answers after its fsync.</summary>
/// <param name="end">Runs after the writes of each group, in its transaction; null for nothing.</param>
internal sealed partial class WriteQueue(
    Database database, StorageMetrics metrics, IHostApplicationLifetime lifetime, TimeProvider clock, ILogger<WriteQueue> logger, Write? end = null) : IHostedService, IDisposable
{
    public const int Capacity = 4_096;

    /// <summary>How much memory waiting writes may hold, in bytes.</summary>
    public const long MaxWaitingBytes = 48 * 1024 * 1024;

    private const int MaxWritesPerCommit = 2_048;

    private readonly GroupCommit writer = new(database, end, clock, logger);
    private readonly TaskCompletionSource drained = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Guards what waits. A Channel would wake the writer by way of the thread pool, and its lock is taken for each entry that is taken out.
    private readonly object gate = new();
    private readonly Queue<Submission> waiting = new();
    private long waitingBytes;
    private bool closed;
    private Thread? thread;

    /// <summary>Why the database takes no writes, in words for the operator; null when it does.</summary>
    public string? OutageReason => writer.OutageReason;

    /// <summary>Whether nothing more can be written, so that the process is to end with an error.</summary>
    public bool HasFailed => writer.FatalReason is not null;

    /// <summary>Writes all of <paramref name="writes"/> in one transaction, in their order, and ends after its fsync. One that the database refuses fails alone.</summary>
    /// <exception cref="StorageUnavailableException">The queue is full, the server is stopping, or the database takes no writes; nothing is stored.</exception>
    public Task SubmitAsync(params IReadOnlyList<Write> writes)
    {
        if (writes.Count == 0)
        {
            return Task.CompletedTask;
        }

        var submission = new Submission(writes);
        return TryEnqueue(submission)
            ? submission.Completion
            : throw (closed ? Stopping() : new StorageUnavailableException("Too many writes are waiting; send it again a little later", "too many writes are waiting"));
    }

    /// <summary>Opens the database before the first request comes.</summary>
    /// <exception cref="SchemaException">The database cannot be written.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        writer.Start();
        metrics.Observe(() => waiting.Count, () => waitingBytes);
        thread = new Thread(Run) { Name = "writer", IsBackground = true };
        thread.Start();
        return Task.CompletedTask;
    }

    /// <summary>Commits what waits and moves the log into the database file. It does not give up when the host's patience ends: what waits was accepted.</summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        Close();
        return thread is null ? Task.CompletedTask : drained.Task;
    }

    /// <summary>Ends the writer, if nobody has stopped it; what waits is written first.</summary>
    public void Dispose()
    {
        Close();
        thread?.Join();

        // To close the connection of a process that fails would write to files that may be another database's by now.
        if (!HasFailed)
        {
            writer.Dispose();
        }
    }

    private void Run()
    {
        try
        {
            Serve();
            if (!HasFailed)
            {
                database.CloseReaders();
                writer.End();
            }

            if (HasFailed)
            {
                FailWaiting();
                return;
            }

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
        while (!HasFailed && TryTake(group))
        {
            var started = Stopwatch.GetTimestamp();
            if (writer.Commit(group))
            {
                metrics.Committed(group.Sum(submission => submission.Writes.Count), Stopwatch.GetElapsedTime(started));
            }
            else
            {
                metrics.Failed();
            }

            Submission.CompleteAll(group);
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
                writes += submission.Writes.Count;
                waitingBytes -= submission.Size;
            }

            return group.Count > 0;
        }
    }

    private void FailWaiting()
    {
        LogFailed(writer.FatalReason!);
        Close();
        List<Submission> left;
        lock (gate)
        {
            left = [.. waiting];
            waiting.Clear();
        }

        left.ForEach(submission => submission.Fail(Stopping()));
        Submission.CompleteAll(left);
        lifetime.StopApplication();
    }

    private static StorageUnavailableException Stopping() => new("The server is stopping; send it again a little later", "the server is stopping");

    [LoggerMessage(EventId = 12, Level = LogLevel.Critical, Message = "The process ends, to be started again: {Reason}")]
    private partial void LogFailed(string reason);
}
