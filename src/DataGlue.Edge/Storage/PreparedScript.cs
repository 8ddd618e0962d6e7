using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Storage;

/// <summary>The statements of a script, prepared once for the life of the writer's connection.</summary>
internal sealed class PreparedScript : IDisposable
{
    private readonly nint database;
    private readonly List<PreparedStatement> common = [];
    private readonly List<PreparedStatement> known = [];
    private readonly List<PreparedStatement> statements = [];
    private readonly ParameterNames names = new();
    private readonly Row answer = new();
    private bool hasRun; // whether it took more than the shortcuts

    public PreparedScript(SqliteConnection connection, Write write)
    {
        database = connection.Handle!.DangerousGetHandle();
        try
        {
            if (write.HasShortcuts)
            {
                PreparedStatement.PrepareAll(connection, SqlFile.Read($"write/{write.Script}_common"), names, common);
                PreparedStatement.PrepareAll(connection, SqlFile.Read($"write/{write.Script}_known"), names, known);
            }

            PreparedStatement.PrepareAll(connection, SqlFile.Read($"write/{write.Script}"), names, statements);
        }
        catch
        {
            // A statement that was left behind would be finalised by the garbage collector, on another thread than the connection's.
            Dispose();
            throw;
        }
    }

    /// <summary>Runs a shortcut where the write is of its kind, else the statements in order, and lets the write read the answer.</summary>
    public void Run(Write write, StatementValues values)
    {
        values.Take(write, names);
        if (!TryCommon(values) && !IsKnown(values))
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
        foreach (var statement in common)
        {
            steps += statement.TakeSteps();
        }

        foreach (var statement in known)
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
        common.ForEach(statement => statement.Dispose());
        known.ForEach(statement => statement.Dispose());
        statements.ForEach(statement => statement.Dispose());
    }

    // The first statement decides: where it adds no row, the write is not a common one.
    private bool TryCommon(StatementValues values)
    {
        answer.Clear();
        if (common.Count == 0 || !common[0].TryRun(values, answer) || SqliteNative.Changes(database) == 0)
        {
            return false;
        }

        for (var i = 1; i < common.Count; i++)
        {
            common[i].Run(values, answer);
        }

        return true;
    }

    // Changes nothing, and answers where there is nothing to do.
    private bool IsKnown(StatementValues values)
    {
        answer.Clear();
        foreach (var statement in known)
        {
            statement.Run(values, answer);
        }

        return answer.Flag("known");
    }
}
