using System.Buffers;
using Dapper;
using DataGlue.Edge.Storage;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DataGlue.Edge.Reports.Columns;

/// <summary>The two logs whose rows reports read.</summary>
internal enum Log
{
    Events,
    Identities,
}

/// <summary>Reads rows of the logs and their chunks, each time in a transaction of its own, so that none pins the write-ahead log for long.</summary>
internal sealed class ColumnReader
{
    /// <summary>Browsers belong to so many parts, by their numbers: what a report reads of one part fits into memory.</summary>
    public const int Parts = 64;

    private const int Together = 1_000;

    private readonly Database? database;
    private readonly SqliteConnection? snapshot;

    public ColumnReader(Database database) => this.database = database;

    /// <summary>Reads all in the open transaction of a connection.</summary>
    public ColumnReader(SqliteConnection snapshot) => this.snapshot = snapshot;

    public static int PartOf(ulong browser) => (int)(browser % Parts);

    public static string NameOf(Log log) => log == Log.Events ? "events" : "identities";

    /// <summary>How far the chunks are, the newest rows, and what has changed since.</summary>
    public ColumnState State() => Read(connection =>
    {
        using var transaction = snapshot is null ? connection.BeginTransaction(deferred: true) : null;
        List<ReportLogRow> logs = [.. connection.Query<ReportLogRow>(SqlFile.Read("read/report_logs"), transaction: transaction)];
        List<ReportChangeRow> changes = [.. connection.Query<ReportChangeRow>(SqlFile.Read("read/report_changes"), new { most = ColumnState.MostChanges }, transaction)];
        var state = new ColumnState(logs.Find(log => log.Log == NameOf(Log.Events))!, logs.Find(log => log.Log == NameOf(Log.Identities))!, changes);
        return state with { Behind = Enum.GetValues<Log>().Sum(log => Next(connection, transaction, log, state.Stored(log), ColumnState.MostBehind + 1).Count) };
    });

    /// <summary>How many rows stand behind one, counted up to so many, and the last of these.</summary>
    public NextRows Next(Log log, long after, int most) => Read(connection => Next(connection, null, log, after, most));

    /// <summary>Rows of a log behind one and up to another, some at a time.</summary>
    public IEnumerable<List<LogRow>> Rows(Log log, long after, long last)
    {
        var (rows, at) = Page(log, after, last);
        while (rows.Count > 0)
        {
            yield return rows;
            (rows, at) = Page(log, at, last);
        }
    }

    /// <summary>Those of some rows that are still there.</summary>
    public IEnumerable<LogRow> RowsOf(Log log, IEnumerable<long> wanted)
    {
        foreach (var some in wanted.Chunk(Together))
        {
            var ids = $"[{string.Join(',', some)}]";
            var rows = Read<List<LogRow>>(connection => log == Log.Events
                ? [.. connection.Query<ReportEventRow>(SqlFile.Read("read/report_events_of_rows"), new { ids }, buffered: false).Select(LogRow.Of)]
                : [.. connection.Query<ReportIdentityRow>(SqlFile.Read("read/report_identities_of_rows"), new { ids }, buffered: false).Select(LogRow.Of)]);
            foreach (var row in rows)
            {
                yield return row;
            }
        }
    }

    /// <summary>The chunks of one part, those of the oldest rows first.</summary>
    public List<StoredChunk> Chunks(Log log, int part) => Read(connection =>
    {
        using var command = connection.CreateCommand();
        command.CommandText = SqlFile.Read("read/report_chunks");
        command.Parameters.AddWithValue("@log", NameOf(log));
        command.Parameters.AddWithValue("@part", part);
        using var reader = command.ExecuteReader();
        var chunks = new List<StoredChunk>();
        while (reader.Read())
        {
            chunks.Add(new StoredChunk(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), raw.sqlite3_column_blob(reader.Handle, 3)));
        }

        return chunks;
    });

    /// <summary>The same without what is in them.</summary>
    public List<StoredChunkRow> ChunkList(Log log, int part) =>
        Read<List<StoredChunkRow>>(connection => [.. connection.Query<StoredChunkRow>(SqlFile.Read("read/report_chunk_list"), new { log = NameOf(log), part })]);

    /// <summary>Whom events of the chunks name, and on which browsers.</summary>
    public List<ReportNamesRow> Names() => Read<List<ReportNamesRow>>(connection => [.. connection.Query<ReportNamesRow>(SqlFile.Read("read/report_chunk_names"))]);

    /// <summary>Hosts of pages in the chunks, two at most.</summary>
    public List<string> Hosts() => Read<List<string>>(connection => [.. connection.Query<string>(SqlFile.Read("read/report_hosts"))]);

    /// <summary>Opens a reader of texts, row by row.</summary>
    public RowTexts OpenTexts() => new(database!);

    private T Read<T>(Func<SqliteConnection, T> query) => snapshot is not null ? query(snapshot) : database!.Read(query);

    private static NextRows Next(SqliteConnection connection, SqliteTransaction? transaction, Log log, long after, int most) => connection.QueryFirst<NextRows>(
        log == Log.Events ? SqlFile.Read("read/report_next_events") : SqlFile.Read("read/report_next_identities"), new { after, most }, transaction);

    private (List<LogRow> Rows, long Last) Page(Log log, long after, long last)
    {
        var asked = new { after, last, most = Together };
        var rows = Read<List<LogRow>>(connection => log == Log.Events
            ? [.. connection.Query<ReportEventRow>(SqlFile.Read("read/report_events"), asked, buffered: false).Select(LogRow.Of)]
            : [.. connection.Query<ReportIdentityRow>(SqlFile.Read("read/report_identities"), asked, buffered: false).Select(LogRow.Of)]);
        return (rows, rows.Count == 0 ? last : rows[^1].Row);
    }
}

/// <summary>How far the chunks have the logs.</summary>
/// <param name="Changes">Those noted first, in their order.</param>
internal sealed record ColumnState(ReportLogRow Events, ReportLogRow Identities, List<ReportChangeRow> Changes)
{
    /// <summary>So many changes are read at once.</summary>
    public const int MostChanges = 50_000;

    /// <summary>What a report reads from the logs itself takes it longer, and more memory.</summary>
    public const int MostBehind = 131_072;

    /// <summary>How many rows the chunks do not have yet, as far as that is counted.</summary>
    public long Behind { get; init; }

    /// <summary>Whether the chunks are so far behind the logs that a report waits for them.</summary>
    public bool IsFarBehind => Changes.Count == MostChanges || Behind > MostBehind;

    /// <summary>Whether the chunks are as this program writes them.</summary>
    public bool IsReadable => Events.Format == Chunk.Format;

    public ReportLogRow Of(Log log) => log == Log.Events ? Events : Identities;

    /// <summary>Up to which row the chunks have a log.</summary>
    public long Stored(Log log) => IsReadable ? Of(log).Stored : 0;
}

/// <summary>A log, as far as chunks have it.</summary>
internal sealed class ReportLogRow
{
    public string Log { get; set; } = "";
    public long Stored { get; set; }
    public long Watched { get; set; } // up to which row changes are noted
    public long Format { get; set; }
    public long Newest { get; set; } // the newest row of the log
}

/// <summary>Rows that follow upon one.</summary>
internal sealed class NextRows
{
    public long Count { get; set; }
    public long Last { get; set; } // the row id of the last
}

/// <summary>A row of a log that was changed or deleted.</summary>
internal sealed class ReportChangeRow
{
    public long Id { get; set; }
    public string Log { get; set; } = "";
    public long Row { get; set; }
    public string GlueUserId { get; set; } = "";
}

/// <summary>A chunk as it is stored, without what is in it.</summary>
internal sealed class StoredChunkRow
{
    public long Id { get; set; }
    public long FirstRow { get; set; }
    public long LastRow { get; set; }
    public long Size { get; set; } // of the data, in bytes
}

/// <summary>A chunk that was read, into memory that is given back.</summary>
internal sealed class StoredChunk : IDisposable
{
    private readonly byte[] bytes;

    public StoredChunk(long id, long firstRow, long lastRow, ReadOnlySpan<byte> data)
    {
        (Id, FirstRow, LastRow) = (id, firstRow, lastRow);
        bytes = ArrayPool<byte>.Shared.Rent(data.Length);
        data.CopyTo(bytes);
        Chunk = new Chunk(bytes, data.Length);
    }

    public long Id { get; }
    public long FirstRow { get; }
    public long LastRow { get; }
    public Chunk Chunk { get; }

    public void Dispose() => ArrayPool<byte>.Shared.Return(bytes);
}

/// <summary>Whom events of one chunk name.</summary>
internal sealed class ReportNamesRow
{
    public byte[] Names { get; set; } = []; // see NamePairs
}
