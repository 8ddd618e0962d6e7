namespace DataGlue.Edge.Storage;

/// <summary>The writes of one request, waiting for the commit that makes them durable.</summary>
internal sealed class Submission
{
    // A write holds its values about once here and once on its way through SQLite; the rest is a fixed price.
    private const int SizeOfWrite = 512;

    private readonly IReadOnlyList<IWrite> writes;
    private readonly WriteValue[][] values;
    private readonly TaskCompletionSource<WriteResult[]> completion = new();
    private string? failure;
    private string cause = "";
    private bool isDiskFull;

    public Submission(IReadOnlyList<IWrite> writes)
    {
        this.writes = writes;
        values = new WriteValue[writes.Count][];
        Results = new WriteResult[writes.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = writes[i].Values;
            Size += SizeOf(values[i]);
        }
    }

    public int Count => values.Length;

    /// <summary>Whether it only asks whether the database takes a write.</summary>
    public bool IsProbe => writes is [ProbeWrite];

    /// <summary>What became of each write, set while the transaction runs; holds only once it is committed.</summary>
    public WriteResult[] Results { get; }

    /// <summary>About how much memory the writes hold, in bytes.</summary>
    public long Size { get; }

    /// <summary>Ends with the results after the commit, or with why storage took none of it.</summary>
    public Task<WriteResult[]> Completion => completion.Task;

    public WritePlan Plan(int index) => writes[index].Plan;

    public ReadOnlySpan<WriteValue> Values(int index) => values[index];

    /// <summary>Decides that storage took none of it.</summary>
    /// <param name="sentence">What the caller is told.</param>
    /// <param name="because">What the operator is told.</param>
    /// <param name="diskFull">Whether there is no room left on the disk.</param>
    public void Fail(string sentence, string because, bool diskFull) => (failure, cause, isDiskFull) = (sentence, because, diskFull);

    /// <summary>
    /// Completes a group that was committed or has failed. The requests go on where they are completed, so this is left to the
    /// thread pool, and to few of its threads: to wake one for each request would cost more than most of the answers. They draw from
    /// one list, so that a request that takes long holds up no more than itself.
    /// </summary>
    public static void Answer(List<Submission> group)
    {
        var answers = new Answers([.. group]);
        var threads = Math.Min(group.Count, Environment.ProcessorCount);
        for (var i = 0; i < threads; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(answers, preferLocal: false);
        }
    }

    private void Complete()
    {
        if (failure is null)
        {
            completion.SetResult(Results);
        }
        else
        {
            completion.SetException(new StorageUnavailableException(failure, cause) { IsDiskFull = isDiskFull });
        }
    }

    private sealed class Answers(Submission[] group) : IThreadPoolWorkItem
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

    private static long SizeOf(WriteValue[] row)
    {
        long size = SizeOfWrite;
        foreach (ref readonly var value in row.AsSpan())
        {
            size += 2 * value.Text.Span.Length;
        }

        return size;
    }
}
