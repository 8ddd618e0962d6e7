namespace DataGlue.Edge.Storage;

/// <summary>
/// The statements of a kind of write, run in order as one atomic unit over one set of bound values. That is all that
/// SQLite, Cloudflare D1's batch and a pipelined PostgreSQL have in common, so no C# decides between two statements.
/// </summary>
/// <param name="Name">What a log calls it.</param>
/// <param name="Parameters">The names of the bound values, without their sign.</param>
/// <param name="Statements">The statements; each uses the parameters that it needs, and returns one row at the most.</param>
public sealed record WritePlan(string Name, IReadOnlyList<string> Parameters, IList<string> Statements)
{
    /// <summary>
    /// A unit of its own that is tried first: it does the whole of the common case in few statements. In every other case its first
    /// statement breaks a constraint (or changes no row, and the second breaks one), so that the unit comes to nothing, and
    /// <see cref="Statements"/> are run. On an engine that takes whole batches it is a batch of its own.
    /// </summary>
    public IReadOnlyList<string> Shortcut { get; init; } = [];
}

/// <summary>What became of one write.</summary>
/// <param name="Rows">The row that each statement returned, null where it returned none.</param>
/// <param name="Refusal">Why the database refused this write alone; null when it is stored.</param>
public sealed record WriteResult(WriteValue[]?[] Rows, string? Refusal)
{
    /// <summary>What a write comes to that <see cref="WritePlan.Shortcut"/> has stored.</summary>
    public static WriteResult Direct { get; } = new([], Refusal: null);

    /// <summary>Whether the first statement returned a true value in this column.</summary>
    public bool Flag(int column) => Rows[0] is { } row && row[column].Number != 0;

    /// <summary>The text that this statement of the plan returned in its first column; none where it returned no row.</summary>
    public Utf8Text Text(WritePlan plan, string statement)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return Rows[plan.Statements.IndexOf(statement)] is { } row ? row[0].Text : default;
    }
}

/// <summary>What became of an event.</summary>
/// <param name="Status">Stored, duplicate or of another user.</param>
/// <param name="EventId">The id under which it stands.</param>
public readonly record struct EventOutcome(WriteStatus Status, Utf8Text EventId);

/// <summary>What became of an identification.</summary>
/// <param name="Status">Stored, duplicate or of another user.</param>
/// <param name="NewUser">Whether the profile was not identified before.</param>
public readonly record struct IdentityOutcome(WriteStatus Status, bool NewUser);

/// <summary>What a write that the database took came to.</summary>
public enum WriteStatus
{
    /// <summary>It is new.</summary>
    Stored,

    /// <summary>It was there already.</summary>
    Duplicate,

    /// <summary>Its <c>event_id</c> belongs to another <c>glue_user_id</c>; nothing has changed.</summary>
    Stolen,
}
