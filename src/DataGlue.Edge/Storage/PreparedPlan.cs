using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Storage;

/// <summary>The statements of a plan, prepared once for the life of the writer's connection.</summary>
internal sealed class PreparedPlan : IDisposable
{
    private readonly nint database;
    private readonly PreparedStatement[] shortcut;
    private readonly PreparedStatement[] statements;

    public PreparedPlan(SqliteConnection connection, WritePlan plan)
    {
        database = connection.Handle!.DangerousGetHandle();
        var all = PrepareAll(connection, [.. plan.Shortcut, .. plan.Statements], plan.Parameters);
        shortcut = all[..plan.Shortcut.Count];
        statements = all[plan.Shortcut.Count..];
    }

    /// <summary>Runs the shortcut where the write is of the common kind, else the statements in order.</summary>
    /// <exception cref="SqliteException">One failed; those before it have run.</exception>
    public WriteResult Run(BoundValues values)
    {
        if (TryShortcut(values))
        {
            return WriteResult.Direct;
        }

        var rows = new WriteValue[]?[statements.Length];
        for (var i = 0; i < statements.Length; i++)
        {
            rows[i] = statements[i].Run(values);
        }

        return new WriteResult(rows, Refusal: null);
    }

    public void Dispose()
    {
        foreach (var statement in shortcut.Concat(statements))
        {
            statement.Dispose();
        }
    }

    // The first statement decides: where it adds no row, the event is not a common one.
    private bool TryShortcut(BoundValues values)
    {
        if (shortcut.Length == 0 || !shortcut[0].TryRun(values) || SqliteNative.Changes(database) == 0)
        {
            return false;
        }

        foreach (var statement in shortcut.AsSpan(1))
        {
            statement.Run(values);
        }

        return true;
    }

    // A statement that was left behind would be finalised by the garbage collector, on another thread than the connection's.
    private static PreparedStatement[] PrepareAll(SqliteConnection connection, IReadOnlyList<string> sql, IReadOnlyList<string> parameters)
    {
        var prepared = new List<PreparedStatement>(sql.Count);
        try
        {
            foreach (var text in sql)
            {
                prepared.Add(new PreparedStatement(connection, text, parameters));
            }

            return [.. prepared];
        }
        catch
        {
            prepared.ForEach(statement => statement.Dispose());
            throw;
        }
    }
}
