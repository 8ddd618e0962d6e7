using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Storage;

/// <summary>The statements of a script, prepared once for the life of the writer's connection.</summary>
internal sealed class PreparedScript : IDisposable
{
    private readonly nint database;
    private readonly List<PreparedStatement> shortcut = [];
    private readonly List<PreparedStatement> statements = [];
    private readonly ParameterNames names = new();
    private readonly Row answer = new();
    private bool hasRun; // whether it took more than the shortcut

    public PreparedScript(SqliteConnection connection, Write write)
    {
        database = connection.Handle!.DangerousGetHandle();
        try
        {
            PreparedStatement.PrepareAll(connection, write.HasShortcut ? SqlFile.Read($"write/{write.Script}_common") : "", names, shortcut);
            PreparedStatement.PrepareAll(connection, SqlFile.Read($"write/{write.Script}"), names, statements);
        }
        catch
        {
            // A statement that was left behind would be finalised by the garbage collector, on another thread than the connection's.
            Dispose();
            throw;
        }
    }

    /// <summary>Runs the shortcut where the write is of the common kind, else the statements in order, and lets the write read the answer.</summary>
    public void Run(Write write, StatementValues values)
    {
        values.Take(write, names);
        answer.Clear();
        if (!TryShortcut(values))
        {
            answer.Clear();
            hasRun = true;
            foreach (var statement in statements)
            {
                statement.Run(values, answer);
            }
        }

        write.Read(answer);
    }

    /// <summary>How many steps of SQLite's virtual machine its statements have taken since this was asked last.</summary>
    public long TakeSteps()
    {
        var steps = 0L;
        foreach (var statement in shortcut)
        {
            steps += statement.TakeSteps();
        }

        foreach (var statement in hasRun ? statements : [])
        {
            steps += statement.TakeSteps();
        }

        hasRun = false;
        return steps;
    }

    public void Dispose()
    {
        shortcut.ForEach(statement => statement.Dispose());
        statements.ForEach(statement => statement.Dispose());
    }

    // The first statement decides: where it adds no row, the write is not a common one.
    private bool TryShortcut(StatementValues values)
    {
        if (shortcut.Count == 0 || !shortcut[0].TryRun(values, answer) || SqliteNative.Changes(database) == 0)
        {
            return false;
        }

        for (var i = 1; i < shortcut.Count; i++)
        {
            shortcut[i].Run(values, answer);
        }

        return true;
    }
}
