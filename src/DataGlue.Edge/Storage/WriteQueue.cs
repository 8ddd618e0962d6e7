using System.Threading.Channels;

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

    private readonly Channel<Submission> channel = Channel.CreateBounded<Submission>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly EdgeDatabase database;
    private readonly GroupCommit writer;
    private readonly Thread thread;
    private readonly TaskCompletionSource drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long waitingBytes;

    /// <summary>Makes the queue; nothing is written before <see cref="StartAsync"/>.</summary>
    public WriteQueue(EdgeDatabase database, TimeProvider clock, ILogger<WriteQueue> logger)
    {
        this.database = database;
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
        if (Interlocked.Add(ref waitingBytes, submission.Size) > MaxWaitingBytes || !channel.Writer.TryWrite(submission))
        {
            Interlocked.Add(ref waitingBytes, -submission.Size);
            throw new StorageUnavailableException("Too many writes are waiting; send it again a little later");
        }

        return submission.Completion;
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
        channel.Writer.TryComplete();
        return thread.IsAlive ? drained.Task : Task.CompletedTask;
    }

    /// <summary>Ends the writer, if nobody has stopped it; what waits is written first.</summary>
    public void Dispose()
    {
        channel.Writer.TryComplete();
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

    private void Serve()
    {
        var group = new List<Submission>();
        while (channel.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            Take(group);
            writer.Commit(group);
            group.Clear();
        }
    }

    private void Take(List<Submission> group)
    {
        var writes = 0;
        while (writes < MaxWritesPerCommit && channel.Reader.TryRead(out var submission))
        {
            group.Add(submission);
            writes += submission.Count;
            Interlocked.Add(ref waitingBytes, -submission.Size);
        }
    }
}
