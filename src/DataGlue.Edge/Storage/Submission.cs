namespace DataGlue.Edge.Storage;

/// <summary>The writes of one request, waiting for the commit that makes them durable.</summary>
internal sealed class Submission
{
    // A write holds its values about once as text and once on its way through SQLite; the rest is a fixed price.
    private const int SizeOfWrite = 512;

    private readonly IReadOnlyList<IWrite> writes;
    private readonly object?[][] values;
    private readonly TaskCompletionSource<WriteResult[]> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Submission(IReadOnlyList<IWrite> writes)
    {
        this.writes = writes;
        values = [.. writes.Select(write => write.Values)];
        Results = new WriteResult[writes.Count];
        Size = values.Sum(row => SizeOfWrite + (row.Sum(value => (value as string)?.Length ?? 0) * (long)sizeof(char)));
    }

    public int Count => writes.Count;

    /// <summary>What became of each write, set while the transaction runs; holds only once it is committed.</summary>
    public WriteResult[] Results { get; }

    /// <summary>About how much memory the writes hold, in bytes.</summary>
    public long Size { get; }

    /// <summary>Ends with the results after the commit, or with why storage took none of it.</summary>
    public Task<WriteResult[]> Completion => completion.Task;

    public WritePlan Plan(int index) => writes[index].Plan;

    public object?[] Values(int index) => values[index];

    public void Complete() => completion.TrySetResult(Results);

    public void Fail(StorageUnavailableException reason) => completion.TrySetException(reason);
}
