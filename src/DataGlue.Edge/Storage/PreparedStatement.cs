using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DataGlue.Edge.Storage;

/// <summary>
/// One statement, prepared for the life of the writer's connection. It goes to SQLite's own interface and not through a
/// <see cref="SqliteCommand"/>, which for each run makes a reader, and of each text two copies.
/// </summary>
internal sealed class PreparedStatement : IDisposable
{
    private const int PrimaryCode = 0xFF;

    private readonly sqlite3 database;
    private readonly sqlite3_stmt statement;
    private readonly nint handle;
    private readonly int[] slots;

    /// <summary>Prepares the statement.</summary>
    /// <param name="connection">The connection that it belongs to.</param>
    /// <param name="sql">One statement.</param>
    /// <param name="parameters">The names of the values that <see cref="Run"/> will be given.</param>
    /// <exception cref="SqliteException">The statement does not fit the database.</exception>
    public PreparedStatement(SqliteConnection connection, string sql, IReadOnlyList<string> parameters)
    {
        database = connection.Handle!;
        Check(raw.sqlite3_prepare_v3(database, sql, raw.SQLITE_PREPARE_PERSISTENT, out statement));
        handle = statement.DangerousGetHandle();
        slots = new int[raw.sqlite3_bind_parameter_count(statement)];
        for (var i = 0; i < slots.Length; i++)
        {
            slots[i] = IndexOf(parameters, raw.sqlite3_bind_parameter_name(statement, i + 1).utf8_to_string()[1..]);
        }
    }

    /// <summary>Runs it to its end.</summary>
    /// <returns>The last row that it returned, null where it returned none.</returns>
    /// <exception cref="SqliteException">It failed.</exception>
    public WriteValue[]? Run(BoundValues values)
    {
        Check(Execute(values, out var row));
        return row;
    }

    /// <summary>Runs it to its end, unless a constraint stands against it; without the price of an exception.</summary>
    /// <returns>False where a constraint was broken, and the statement undone.</returns>
    /// <exception cref="SqliteException">It failed otherwise, or has ended the transaction.</exception>
    public bool TryRun(BoundValues values)
    {
        var code = Execute(values, out _);
        if ((code & PrimaryCode) == raw.SQLITE_CONSTRAINT && raw.sqlite3_get_autocommit(database) == 0)
        {
            return false;
        }

        Check(code);
        return true;
    }

    public void Dispose() => statement.Dispose();

    private int Execute(BoundValues values, out WriteValue[]? row)
    {
        row = null;
        try
        {
            for (var i = 0; i < slots.Length; i++)
            {
                Check(values.Bind(handle, i + 1, slots[i]));
            }

            int code;
            while ((code = SqliteNative.Step(handle)) == raw.SQLITE_ROW)
            {
                row = ReadRow();
            }

            return code;
        }
        finally
        {
            // The reason of a failure stays with the connection until another call fails.
            _ = SqliteNative.Reset(handle);
        }
    }

    private WriteValue[] ReadRow()
    {
        var row = new WriteValue[raw.sqlite3_column_count(statement)];
        for (var i = 0; i < row.Length; i++)
        {
            row[i] = raw.sqlite3_column_type(statement, i) switch
            {
                raw.SQLITE_NULL => default(Utf8Text),
                raw.SQLITE_INTEGER => raw.sqlite3_column_int64(statement, i),
                _ => Utf8Text.From(raw.sqlite3_column_text(statement, i).utf8_to_string()),
            };
        }

        return row;
    }

    private void Check(int code)
    {
        if (code is not raw.SQLITE_OK and not raw.SQLITE_DONE)
        {
            SqliteException.ThrowExceptionForRC(code, database);
        }
    }

    private static int IndexOf(IReadOnlyList<string> parameters, string name)
    {
        for (var i = 0; i < parameters.Count; i++)
        {
            if (parameters[i] == name)
            {
                return i;
            }
        }

        throw new InvalidOperationException($"The plan has no parameter {name}");
    }
}
