namespace DataGlue.Edge.Storage;

/// <summary>The writes of one request, waiting for the commit that makes them durable.</summary>
internal sealed class Submission(IReadOnlyList<IWrite> writes)
{
    private readonly TaskCompletionSource<WriteResult[]> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<IWrite> Writes => writes;

    /// <summary>What became of each write, set while the transaction runs; holds only once it is committed.</summary>
    public WriteResult[] Results { get; } = new WriteResult[writes.Count];

    /// <summary>Ends with the results after the commit, or with why storage took none of it.</summary>
    public Task<WriteResult[]> Completion => completion.Task;

    /// <summary>About how much memory the writes hold, in bytes.</summary>
    public long Size { get; } = writes.Sum(write => write.Values.Sum(value => (value as string)?.Length ?? 0) * sizeof(char));

    public void Complete() => completion.TrySetResult(Results);

    public void Fail(StorageUnavailableException reason) => completion.TrySetException(reason);
}
