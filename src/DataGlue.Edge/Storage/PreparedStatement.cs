using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DataGlue.Edge.Storage;

/// <summary>One statement, prepared for the life of the writer's connection. A <see cref="SqliteCommand"/> would make a reader a run, and of each text two copies.</summary>
internal sealed class PreparedStatement : IDisposable
{
    private const int PrimaryCode = 0xFF;
    private const int StepCounter = 4; // SQLITE_STMTSTATUS_VM_STEP

    private readonly sqlite3 database;
    private readonly sqlite3_stmt statement;
    private readonly nint handle;
    private readonly int[] slots;
    private readonly string[] columns;

    private PreparedStatement(sqlite3 database, sqlite3_stmt statement, ParameterNames names)
    {
        this.database = database;
        this.statement = statement;
        handle = statement.DangerousGetHandle();
        slots = [.. Enumerable.Range(1, raw.sqlite3_bind_parameter_count(statement)).Select(i => names.Add(raw.sqlite3_bind_parameter_name(statement, i).utf8_to_string()[1..]))];
        columns = [.. Enumerable.Range(0, raw.sqlite3_column_count(statement)).Select(i => raw.sqlite3_column_name(statement, i).utf8_to_string())];
    }

    /// <summary>Prepares every statement of a script's text, in their order.</summary>
    public static void PrepareAll(SqliteConnection connection, string sql, ParameterNames names, List<PreparedStatement> prepared)
    {
        var database = connection.Handle!;
        while (!string.IsNullOrWhiteSpace(sql))
        {
            Check(raw.sqlite3_prepare_v3(database, sql, raw.SQLITE_PREPARE_PERSISTENT, out var statement, out sql), database);

            // Nothing but a comment at the end gives no statement.
            if (statement.IsInvalid)
            {
                statement.Dispose();
            }
            else
            {
                prepared.Add(new PreparedStatement(database, statement, names));
            }
        }
    }

    /// <summary>Runs it to its end.</summary>
    public void Run(StatementValues values, Row answer) => Check(Execute(values, answer), database);

    /// <summary>Runs it to its end; false, without the price of an exception, where it broke a constraint and is undone.</summary>
    /// <exception cref="SqliteException">It failed otherwise, or has ended the transaction.</exception>
    public bool TryRun(StatementValues values, Row answer)
    {
        var code = Execute(values, answer);
        if ((code & PrimaryCode) == raw.SQLITE_CONSTRAINT && raw.sqlite3_get_autocommit(database) == 0)
        {
            return false;
        }

        Check(code, database);
        return true;
    }

    /// <summary>How many steps of SQLite's virtual machine it has taken since this was asked last.</summary>
    public long TakeSteps() => (uint)SqliteNative.StatementStatus(handle, StepCounter, 1);

    public void Dispose() => statement.Dispose();

    private int Execute(StatementValues values, Row answer)
    {
        try
        {
            for (var i = 0; i < slots.Length; i++)
            {
                Check(values.BindTo(handle, i + 1, slots[i]), database);
            }

            int code;
            while ((code = SqliteNative.Step(handle)) == raw.SQLITE_ROW)
            {
                ReadRow(answer);
            }

            return code;
        }
        finally
        {
            // The reason of a failure stays with the connection until another call fails.
            _ = SqliteNative.Reset(handle);
        }
    }

    private void ReadRow(Row answer)
    {
        for (var i = 0; i < columns.Length; i++)
        {
            if (raw.sqlite3_column_type(statement, i) == raw.SQLITE_TEXT)
            {
                answer.Add(columns[i], 0, raw.sqlite3_column_text(statement, i).utf8_to_string());
            }
            else
            {
                answer.Add(columns[i], raw.sqlite3_column_int64(statement, i), null);
            }
        }
    }

    private static void Check(int code, sqlite3 database)
    {
        if (code is not raw.SQLITE_OK and not raw.SQLITE_DONE)
        {
            SqliteException.ThrowExceptionForRC(code, database);
        }
    }
}
