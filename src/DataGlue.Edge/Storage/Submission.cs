namespace DataGlue.Edge.Storage;

/// <summary>The writes of one request, waiting for the commit that makes them durable.</summary>
internal sealed class Submission
{
    // A write holds its long values about once itself and once on its way through SQLite; its ids and itself are a fixed price.
    private const int SizeOfWrite = 640;

    private readonly TaskCompletionSource completion = new();
    private StorageUnavailableException? failure;

    public Submission(IReadOnlyList<Write> writes)
    {
        Writes = writes as Write[] ?? [.. writes];
        foreach (var write in writes)
        {
            write.IsRefused = false; // it may have been submitted before
            Size += SizeOfWrite + 2 * write.Size;
        }
    }

    public Write[] Writes { get; }

    /// <summary>How many of them are committed.</summary>
    public int Committed { get; set; }

    /// <summary>About how much memory the writes hold, in bytes.</summary>
    public long Size { get; }

    /// <summary>Ends after the commit, or with why storage took none of it.</summary>
    public Task Completion => completion.Task;

    public bool IsDone => failure is not null || Committed == Writes.Length;

    public void Fail(StorageUnavailableException exception) => failure = exception;

    /// <summary>Completes a group on few threads of the pool, where its requests go on: to wake one for each would cost more than most of the answers.</summary>
    public static void CompleteAll(IReadOnlyList<Submission> group)
    {
        var completions = new Completions([.. group]);
        var threads = Math.Min(group.Count, Environment.ProcessorCount);
        for (var i = 0; i < threads; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(completions, preferLocal: false);
        }
    }

    private void Complete()
    {
        if (failure is null)
        {
            completion.SetResult();
        }
        else
        {
            completion.SetException(failure);
        }
    }

    private sealed class Completions(Submission[] group) : IThreadPoolWorkItem
    {
        private int next = -1;

        public void Execute()
        {
            for (var i = Interlocked.Increment(ref next); i < group.Length; i = Interlocked.Increment(ref next))
            {
                group[i].Complete();
            }
        }
    }
}
