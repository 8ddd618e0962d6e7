using DataGlue.Edge.Storage;
using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Reports.Columns;

/// <summary>Reads what chunks have no texts of, row by row: for that, a statement is prepared once.</summary>
internal sealed class RowTexts(Database database) : IDisposable
{
    private SqliteConnection? connection;
    private SqliteCommand? events;
    private SqliteCommand? identities;

    /// <summary>The texts of a row; null where it is gone.</summary>
    public LogTexts? Of(Log log, long row)
    {
        connection ??= database.OpenReader();
        var command = log == Log.Events ? events ??= Prepare(SqlFile.Read("read/texts_of_event")) : identities ??= Prepare(SqlFile.Read("read/texts_of_identity"));
        command.Parameters[0].Value = row;
        using var reader = command.ExecuteReader();
        return reader.Read() ? new LogTexts(reader.GetString(0), reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetString(2), reader.IsDBNull(3) ? null : reader.GetString(3)) : null;
    }

    /// <summary>The event id of a row; empty where it is gone.</summary>
    public string EventIdOf(Log log, long row) => Of(log, row)?.EventId ?? "";

    public void Dispose()
    {
        events?.Dispose();
        identities?.Dispose();
        connection?.Dispose();
    }

    private SqliteCommand Prepare(string sql)
    {
        var command = connection!.CreateCommand();
        command.CommandText = sql;
        command.Parameters.Add("@row", SqliteType.Integer);
        return command;
    }
}

/// <summary>Texts of a row of one of the two logs.</summary>
/// <param name="Name">Whom it names; null where it names nobody.</param>
internal sealed record LogTexts(string EventId, string GlueUserId, string? Name, string? Touch);
