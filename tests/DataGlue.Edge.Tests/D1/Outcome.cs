namespace DataGlue.Edge.Tests.D1;

/// <summary>What a statement returned and changed, as text that is equal where the values are.</summary>
/// <param name="Rows">Each row, as names and values.</param>
/// <param name="Changes">How many rows it changed.</param>
public sealed record StatementOutcome(IReadOnlyList<string> Rows, long Changes)
{
    /// <summary>Whether there is anything in it to compare.</summary>
    public bool DidSomething => Rows.Count > 0 || Changes > 0;

    public override string ToString() => string.Join('\n', Rows.Append($"changes: {Changes}"));
}

/// <summary>What a batch came to: one outcome for each statement, or the reason why all of it came to nothing.</summary>
public sealed record BatchOutcome(IReadOnlyList<StatementOutcome> Statements, string? Error)
{
    public static BatchOutcome Failed(string error) => new([], error);

    public BatchOutcome IsOk()
    {
        Assert.Null(Error);
        return this;
    }
}

/// <summary>A database that takes batches, each as one transaction: SQLite or D1.</summary>
public interface IBatches
{
    Task<BatchOutcome> RunAsync(IReadOnlyList<Statement> batch);
}
