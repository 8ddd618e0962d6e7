using System.Diagnostics;

namespace DataGlue.Edge.Storage;

/// <summary>The only way into the database: a bounded queue, and one thread that commits all that waits in one transaction, and answers after its fsync. A request
/// that is large or dear takes several transactions, and others go between.</summary>
internal sealed partial class WriteQueue(
    Database database, StorageMetrics metrics, IHostApplicationLifetime lifetime, TimeProvider clock, ILogger<WriteQueue> logger) : IHostedService, IDisposable
{
    public const int Capacity = 4_096;

    /// <summary>How much memory writes may hold that are not committed, in bytes.</summary>
    public const long MaxHeldBytes = 48 * 1024 * 1024;

    private const int MaxWritesPerCommit = 4_096;

    private readonly GroupCommit writer = new(database, metrics, clock, logger);
    private readonly TaskCompletionSource drained = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Guards what waits. A Channel would wake the writer by way of the thread pool, and its lock is taken for each entry that is taken out.
    private readonly object gate = new();
    private readonly Queue<Submission> waiting = new();
    private long heldBytes;
    private bool closed;
    private LogEmptying? emptying;
    private Thread? thread;

    /// <summary>Why the database takes no writes, in words for the operator; null when it does.</summary>
    public string? OutageReason => writer.OutageReason;

    /// <summary>That the write-ahead log is far too large, and why, in words for the operator; null where it is not.</summary>
    public string? LogExcess => writer.LogExcess;

    /// <summary>Whether nothing more can be written, so that the process is to end with an error.</summary>
    public bool HasFailed => writer.FatalReason is not null;

    /// <summary>Writes all of <paramref name="writes"/>, in their order, and ends when all are durable. Each is atomic. One that the database refuses fails alone.</summary>
    /// <exception cref="StorageUnavailableException">The queue is full, the server is stopping, or the database takes no writes. Of many writes some may be stored.</exception>
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

    /// <summary>Moves all of the write-ahead log into the file and empties it, so that what was overwritten or deleted stands in neither. Returns whether that has
    /// happened: a reader may hold the log for longer than this waits.</summary>
    public Task<bool> EmptyLogAsync(TimeSpan patience)
    {
        lock (gate)
        {
            if (closed)
            {
                return Task.FromResult(false);
            }

            emptying ??= new LogEmptying(patience);
            Monitor.Pulse(gate);
            return emptying.Completion;
        }
    }

    /// <summary>Opens the database before the first request comes.</summary>
    /// <exception cref="SchemaException">The database cannot be written.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        writer.Start();
        metrics.Observe(() => waiting.Count, () => heldBytes);
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
            // One that is larger than all that may be held is taken when nothing else is: it would never fit otherwise.
            var isFull = waiting.Count == Capacity || (heldBytes > 0 && heldBytes + submission.Size > MaxHeldBytes);
            if (closed || isFull)
            {
                return false;
            }

            waiting.Enqueue(submission);
            heldBytes += submission.Size;
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
        var open = new List<Submission>();
        var plan = new List<Submission>();
        var writes = new List<Write>();
        for (var shortestFirst = true; !HasFailed && TryTake(open); shortestFirst = !shortestFirst)
        {
            EmptyLog();
            if (open.Count == 0)
            {
                continue;
            }

            Plan(open, plan, writes, shortestFirst);
            var started = Stopwatch.GetTimestamp();
            try
            {
                var count = writer.Commit(writes);
                metrics.Committed(count, writer.Steps, Stopwatch.GetElapsedTime(started));
                for (var i = 0; i < count; i++)
                {
                    plan[i].Committed++;
                    writes[i].Committed();
                }
            }
            catch (StorageUnavailableException unavailable)
            {
                metrics.Failed();
                open.ForEach(submission => submission.Fail(unavailable));
            }

            // They are garbage once they are answered, and it is collected while the next are written.
            plan.Clear();
            writes.Clear();
            Complete(open);
            writer.Checkpoint();
        }

        // None is left but where the checkpoint has failed for good.
        open.ForEach(submission => submission.Fail(Stopping()));
        Submission.CompleteAll(open);
        emptying?.Complete(isEmpty: false);
    }

    // Another try comes with the next group, or a little later.
    private void EmptyLog()
    {
        if (emptying is not { } wanted)
        {
            return;
        }

        wanted.WasTried = true;
        var isEmpty = writer.TryEmptyLog();
        if (isEmpty || wanted.IsOver || HasFailed)
        {
            lock (gate)
            {
                emptying = null;
            }

            wanted.Complete(isEmpty);
        }
    }

    private void Complete(List<Submission> open)
    {
        var done = open.FindAll(submission => submission.IsDone);
        open.RemoveAll(submission => submission.IsDone);
        lock (gate)
        {
            heldBytes -= done.Sum(submission => submission.Size);
        }

        Submission.CompleteAll(done);
    }

    // The writes of the next transaction, which may end before it has come to all of them. The shortest requests and the oldest take turns to go first: neither
    // a small request behind large ones nor a large one behind many small ones waits for long.
    private static void Plan(List<Submission> open, List<Submission> plan, List<Write> writes, bool shortestFirst)
    {
        foreach (var submission in shortestFirst ? open.OrderBy(submission => submission.Writes.Length) : open.AsEnumerable())
        {
            var end = Math.Min(submission.Writes.Length, submission.Committed + MaxWritesPerCommit - writes.Count);
            for (var i = submission.Committed; i < end; i++)
            {
                plan.Add(submission);
                writes.Add(submission.Writes[i]);
            }
        }
    }

    // Takes what waits; waits for it where nothing is left of what was taken. There is nothing after the end.
    private bool TryTake(List<Submission> open)
    {
        lock (gate)
        {
            while (waiting.Count == 0 && open.Count == 0 && !closed)
            {
                if (emptying is null)
                {
                    Monitor.Wait(gate);
                }
                else
                {
                    if (emptying.WasTried)
                    {
                        Monitor.Wait(gate, LogEmptying.Pause);
                    }

                    break;
                }
            }

            while (open.Count < MaxWritesPerCommit && waiting.TryDequeue(out var submission))
            {
                open.Add(submission);
            }

            return open.Count > 0 || (emptying is not null && !closed);
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
            heldBytes = 0;
        }

        left.ForEach(submission => submission.Fail(Stopping()));
        Submission.CompleteAll(left);
        lifetime.StopApplication();
    }

    private static StorageUnavailableException Stopping() => new("The server is stopping; send it again a little later", "the server is stopping");

    [LoggerMessage(EventId = 12, Level = LogLevel.Critical, Message = "The process ends, to be started again: {Reason}")]
    private partial void LogFailed(string reason);
}
