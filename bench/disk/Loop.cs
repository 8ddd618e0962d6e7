using System.Diagnostics;
using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DataGlue.Bench.Disk;

/// <summary>
/// The ceiling of the disk: for each event one plain insert and one plain upsert of its profile, prepared once, so many events a
/// transaction, each transaction fsynced. It checks nothing and parses nothing; only the time spent in SQLite is counted.
/// </summary>
internal sealed class Loop
{
    // Those of the server's writer.
    private const string Pragmas = """
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        PRAGMA journal_size_limit = 67108864;
        PRAGMA wal_autocheckpoint = 15000;
        PRAGMA cache_size = -12288;
        """;

    private const string InsertEvent = """
        INSERT INTO events
          (glue_user_id, timestamp, event_id, session_id, event, properties, email, context, touch, touch_counts, fingerprint, created_at, server_made)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL, NULL, NULL, 0, ?7, ?2, 1)
        """;

    private const string UpsertUser = """
        INSERT INTO users (glue_user_id, first_seen, last_seen, created_at, updated_at, logged)
        VALUES (?1, ?2, ?2, ?2, ?2, 1)
        ON CONFLICT (glue_user_id) DO UPDATE SET
          first_seen = min(users.first_seen, excluded.first_seen), last_seen = max(users.last_seen, excluded.last_seen), updated_at = excluded.updated_at
        """;

    private readonly SqliteConnection connection;
    private readonly sqlite3_stmt insert;
    private readonly sqlite3_stmt upsert;

    private Loop(SqliteConnection connection)
    {
        this.connection = connection;
        connection.Run(Pragmas);
        insert = Prepare(InsertEvent);
        upsert = Prepare(UpsertUser);
    }

    /// <summary>Stores the events.</summary>
    /// <returns>A line of JSON: how many, and in how many seconds.</returns>
    public static string Run(SqliteConnection connection, int events, int perCommit)
    {
        var loop = new Loop(connection);
        var samples = new SampleEvents();
        var watch = new Stopwatch();
        for (var done = 0; done < events; done += perCommit)
        {
            var part = samples.Take(Math.Min(perCommit, events - done));
            watch.Start();
            loop.Commit(part);
            watch.Stop();
        }

        var seconds = watch.Elapsed.TotalSeconds;
        return string.Create(
            CultureInfo.InvariantCulture, $$"""{"events":{{events}},"seconds":{{seconds:F3}},"events_per_second":{{events / seconds:F0}}}""");
    }

    private void Commit(IReadOnlyList<SampleEvent> events)
    {
        connection.Run("BEGIN IMMEDIATE");
        foreach (var sample in events)
        {
            Bind(insert, sample.User, sample.Timestamp, sample.EventId, sample.Session, sample.Name, sample.Properties);
            Check(raw.sqlite3_bind_int64(insert, 7, sample.Fingerprint));
            Step(insert);
            Bind(upsert, sample.User, sample.Timestamp);
            Step(upsert);
        }

        connection.Run("COMMIT");
    }

    private void Bind(sqlite3_stmt statement, params ReadOnlySpan<byte[]> texts)
    {
        for (var i = 0; i < texts.Length; i++)
        {
            Check(raw.sqlite3_bind_text(statement, i + 1, texts[i].AsSpan()));
        }
    }

    private void Step(sqlite3_stmt statement)
    {
        Check(raw.sqlite3_step(statement));
        Check(raw.sqlite3_reset(statement));
    }

    private sqlite3_stmt Prepare(string sql)
    {
        Check(raw.sqlite3_prepare_v3(connection.Handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out var statement));
        return statement;
    }

    private void Check(int code) => SqliteException.ThrowExceptionForRC(code, connection.Handle);
}
