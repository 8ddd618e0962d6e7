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
        shortcut = [.. plan.Shortcut.Select(Prepare)];
        statements = [.. plan.Statements.Select(Prepare)];

        PreparedStatement Prepare(string sql) => new(connection, sql, plan.Parameters);
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

    private bool TryShortcut(BoundValues values)
    {
        for (var i = 0; i < shortcut.Length; i++)
        {
            shortcut[i].Run(values);
            if (i == 0 && SqliteNative.Changes(database) == 0)
            {
                return false;
            }
        }

        return shortcut.Length > 0;
    }
}
