using System.Buffers.Binary;
using System.Net;
using DataGlue.Edge.Storage;
using DataGlue.Edge.Tests.Support;
using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Tests.Storage;

public sealed class WriteQueueTests : IDisposable
{
    private const string Refused = "The database refused this write; a rule of its owner does not allow it";

    private readonly ServerApp app = new();

    [Theory]
    [InlineData("RAISE(ABORT, 'no')")]
    [InlineData("RAISE(FAIL, 'no')")]
    [InlineData("RAISE(ROLLBACK, 'no')")]
    public async Task A_poison_write_fails_alone_and_the_others_of_the_moment_are_committed_together(string raise)
    {
        Sqlite3.SkipWithout();
        Sqlite3.Run(app.DatabasePath, $"CREATE TRIGGER poison BEFORE INSERT ON events WHEN NEW.event = 'poison' BEGIN SELECT {raise}; END;");

        // The lock holds the writer back, so that all of it becomes one group.
        var commits = CommitsInLog();
        Task<Reply>[] replies;
        await using (await app.LockAsync())
        {
            replies = [.. Enumerable.Range(0, 200).Select(i => TrackAsync(i, i % 50 == 7 ? "poison" : "good"))];
            await Task.Delay(500);
        }

        await Task.WhenAll(replies);
        for (var i = 0; i < replies.Length; i++)
        {
            var reply = await replies[i];
            if (i % 50 == 7)
            {
                reply.IsError(HttpStatusCode.BadRequest, Refused);
            }
            else
            {
                reply.IsOk();
            }
        }

        Assert.Equal(["196"], app.Query("SELECT count(*) FROM events"));
        Assert.Equal(["196"], app.Query("SELECT count(*) FROM users"));
        Assert.InRange(CommitsInLog() - commits, 1, 10);
        (await TrackAsync(1_000, "good")).IsOk();
    }

    [Fact]
    public async Task A_trigger_of_the_owner_means_what_it_says()
    {
        Sqlite3.SkipWithout();
        Sqlite3.Run(
            app.DatabasePath,
            """
            CREATE TABLE latest (name TEXT PRIMARY KEY, event_id TEXT);
            CREATE TABLE once (name TEXT UNIQUE);
            CREATE TABLE seen (event_id TEXT);
            CREATE TRIGGER remember AFTER INSERT ON events WHEN NEW.event <> 'limited' BEGIN
              INSERT OR REPLACE INTO latest VALUES (NEW.event, NEW.event_id);
            END;
            CREATE TRIGGER limit_one AFTER INSERT ON events WHEN NEW.event = 'limited' BEGIN INSERT INTO once VALUES (NEW.event); END;
            CREATE TRIGGER count_all BEFORE INSERT ON events WHEN NEW.event = 'counted' BEGIN INSERT INTO seen VALUES (NEW.event_id); END;
            """);

        foreach (var id in new[] { "1", "2", "3" })
        {
            (await app.TrackAsync($$"""{"glue_user_id":"a","event":"e","event_id":"{{id}}"}""")).IsOk();
        }

        (await app.TrackAsync("""{"glue_user_id":"a","event":"limited","event_id":"l1"}""")).IsOk();
        (await app.TrackAsync("""{"glue_user_id":"a","event":"limited","event_id":"l2"}""")).IsError(HttpStatusCode.BadRequest, Refused);
        (await app.TrackAsync("""{"glue_user_id":"a","event":"counted","event_id":"c1"}""")).IsOk();
        Assert.Equal(HttpStatusCode.Conflict, (await app.TrackAsync("""{"glue_user_id":"b","event":"counted","event_id":"c1"}""")).Status);

        Assert.Equal(["3"], app.Query("SELECT event_id FROM latest WHERE name = 'e'"));
        Assert.Equal(["l1"], app.Query("SELECT event_id FROM events WHERE event = 'limited'"));
        Assert.Equal(["c1"], app.Query("SELECT event_id FROM seen"));
        Assert.Empty(app.Query("SELECT 1 FROM users WHERE glue_user_id = 'b'"));
    }

    [Fact]
    public async Task A_poison_event_of_a_sync_is_rejected_by_its_index()
    {
        Sqlite3.SkipWithout();
        Sqlite3.Run(app.DatabasePath, "CREATE TRIGGER poison BEFORE INSERT ON events WHEN NEW.event = 'poison' BEGIN SELECT RAISE(ABORT, 'no'); END;");

        var reply = await app.SyncAsync("""{"glue_user_id":"a","data":{"profile":{"plan":"x"},"events":[{"event":"good"},{"event":"poison"},{"event":"good"}]}}""");

        Assert.Equal(2, (int)reply.IsOk().Json["events_new"]!);
        Assert.Equal($$"""[{"index":1,"error":"{{Refused}}"}]""", reply.Json["events_rejected"]!.ToJsonString());
    }

    [Fact]
    public async Task Late_identifications_beside_a_poison_write_come_to_the_right_profile()
    {
        Sqlite3.SkipWithout();
        Sqlite3.Run(app.DatabasePath, "CREATE TRIGGER poison BEFORE INSERT ON events WHEN NEW.event = 'poison' BEGIN SELECT RAISE(ABORT, 'no'); END;");
        var items = Enumerable.Range(0, 999).Select(i =>
            $$"""{"type":"identify","glue_user_id":"a","email":"e{{i}}@example.com","timestamp":{{1704376800000 - i}},"traits":{"k{{i % 100}}":{{i}} } }""");

        var reply = await app.BatchAsync("{\"batch\":[" + string.Join(',', items) + """,{"type":"track","glue_user_id":"a","event":"poison"}]}""");

        Assert.Equal("rejected", (string?)reply.IsOk().Json["results"]![999]!["status"]);
        var user = (await app.UserAsync("a")).Json["user"]!;
        Assert.Equal("e0@example.com", (string?)user["email"]);
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"k{i}={i}").Order(), user["traits"]!.AsObject().Select(trait => $"{trait.Key}={trait.Value}").Order());
    }

    [Fact]
    public async Task A_broken_trigger_is_a_503_that_blames_no_write()
    {
        Sqlite3.SkipWithout();
        Sqlite3.Run(app.DatabasePath, "CREATE TRIGGER broken BEFORE INSERT ON events BEGIN INSERT INTO missing VALUES (1); END;");

        (await TrackAsync(1, "e")).IsError(
            HttpStatusCode.ServiceUnavailable, "The database takes no writes at present; send it again a little later");

        Sqlite3.Run(app.DatabasePath, "DROP TRIGGER broken");
        (await TrackAsync(1, "e")).IsOk();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_broken_trigger_beside_a_refused_write_is_a_503_in_either_order(bool brokenFirst)
    {
        Sqlite3.SkipWithout();
        Sqlite3.Run(app.DatabasePath, "CREATE TRIGGER broken BEFORE INSERT ON events BEGIN INSERT INTO missing VALUES (1); END;");
        Sqlite3.Run(app.DatabasePath, "CREATE TRIGGER rule BEFORE INSERT ON identities BEGIN SELECT RAISE(ABORT, 'no'); END;");
        string[] items =
        [
            """{"type":"track","glue_user_id":"a","event":"e"}""",
            """{"type":"identify","glue_user_id":"a","email":"a@example.com"}""",
        ];
        if (!brokenFirst)
        {
            Array.Reverse(items);
        }

        var reply = await app.PostAsync("/glue/batch", $$"""{"batch":[{{string.Join(',', items)}}]}""");
        reply.IsError(HttpStatusCode.ServiceUnavailable, "The database takes no writes at present; send it again a little later");
    }

    [Theory]
    [InlineData("RAISE(ABORT, 'no')")]
    [InlineData("RAISE(FAIL, 'no')")]
    [InlineData("RAISE(ROLLBACK, 'no')")]
    public async Task A_rule_on_profiles_refuses_the_write_that_breaks_it_when_the_profile_is_derived_again(string raise)
    {
        Sqlite3.SkipWithout();
        Sqlite3.Run(app.DatabasePath, $"CREATE TRIGGER rule BEFORE UPDATE ON users WHEN NEW.traits LIKE '%forbidden%' BEGIN SELECT {raise}; END;");
        (await app.IdentifyAsync("""{"glue_user_id":"a","email":"a@example.com","timestamp":1704376800009,"traits":{"x":1}}""")).IsOk();

        var late = await app.BatchAsync(
            """
            {"batch":[{"type":"track","glue_user_id":"a","event":"e"},
              {"type":"identify","glue_user_id":"a","email":"a@example.com","timestamp":1704376800005,"traits":{"y":"forbidden"}}]}
            """);

        Assert.Equal("stored rejected", string.Join(' ', late.IsOk().Json["results"]!.AsArray().Select(result => (string)result!["status"]!)));
        Assert.Equal("""{"x":1}""", (await app.UserAsync("a")).Json["user"]!["traits"]!.ToJsonString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_rule_that_fails_as_it_runs_refuses_its_write_alone_or_beside_others(bool beside)
    {
        Sqlite3.SkipWithout();
        Sqlite3.Run(app.DatabasePath, "CREATE TRIGGER rule AFTER INSERT ON events WHEN NEW.email IS NOT NULL BEGIN SELECT json_extract('{}', NEW.email); END;");

        var reply = await app.BatchAsync(
            $$"""{"batch":[{{(beside ? """{"type":"track","glue_user_id":"a","event":"good"},""" : "")}}{"type":"track","glue_user_id":"b","event":"e","email":"secret@example.com"}]}""");

        Assert.Equal(beside ? "stored rejected" : "rejected", string.Join(' ', reply.IsOk().Json["results"]!.AsArray().Select(result => (string)result!["status"]!)));
        Assert.Equal(Refused, (string?)reply.Json["results"]!.AsArray()[^1]!["error"]);
        (await app.GetAsync("/readyz")).IsOk();
    }

    [Theory]
    [InlineData("BEFORE INSERT ON events", "track", "\"event\":\"e\"")]
    [InlineData("AFTER INSERT ON identities", "identify", "\"email\":\"a@example.com\"")]
    public async Task Where_one_write_of_a_moment_does_not_compile_no_write_is_blamed(string when, string verb, string field)
    {
        Sqlite3.SkipWithout();
        Sqlite3.Run(app.DatabasePath, $"CREATE TRIGGER broken {when} BEGIN INSERT INTO missing VALUES (1); END;");
        var alone = await app.PostAsync("/glue/" + verb, $$"""{"glue_user_id":"a",{{field}}}""");
        alone.IsError(HttpStatusCode.ServiceUnavailable, "The database takes no writes at present; send it again a little later");
        const string Body = """{"batch":[{"type":"identify","glue_user_id":"a","email":"a@example.com"},{"type":"track","glue_user_id":"a","event":"e"}]}""";

        (await app.BatchAsync(Body)).IsError(HttpStatusCode.ServiceUnavailable, "The database takes no writes at present; send it again a little later");
        Sqlite3.Run(app.DatabasePath, "DROP TRIGGER broken");
        Assert.All((await app.BatchAsync(Body)).IsOk().Json["results"]!.AsArray(), result => Assert.Equal("stored", (string?)result!["status"]));
    }

    [Fact]
    public async Task A_refused_session_is_told_and_the_events_of_the_sync_stand()
    {
        Sqlite3.SkipWithout();
        Sqlite3.Run(app.DatabasePath, "CREATE TRIGGER rule BEFORE INSERT ON sessions BEGIN SELECT RAISE(ABORT, 'no'); END;");

        var reply = await app.SyncAsync("""{"glue_user_id":"a","data":{"sessions":[{"id":"s"}],"events":[{"event":"e"}]}}""");

        reply.IsError(
            HttpStatusCode.BadRequest,
            "The database refused the profile or a session of this sync; a rule of its owner does not allow it. Events that it does not refuse are stored");
        Assert.Single(app.Query("SELECT event_id FROM events"));
    }

    [Fact]
    public async Task A_locked_database_is_a_503_that_blames_nobody_and_service_comes_back()
    {
        Reply reply;
        await using (await app.LockAsync())
        {
            reply = await TrackAsync(1, "e");
        }

        reply.IsError(HttpStatusCode.ServiceUnavailable, "The database takes no writes at present; send it again a little later");
        Assert.Equal("1", reply.Message.Headers.GetValues("Retry-After").Single());
        Assert.Empty(app.Contents());
        (await TrackAsync(1, "e")).IsOk();
    }

    [Fact]
    public async Task Reads_are_served_while_another_process_holds_the_lock()
    {
        (await TrackAsync(1, "e")).IsOk();

        await using (await app.LockAsync())
        {
            (await app.UserAsync("u1")).IsOk();
        }
    }

    [Fact]
    public async Task A_full_queue_is_a_503_and_what_was_taken_is_stored()
    {
        // A megabyte of text each: the queue holds no more than a certain size, whatever the number.
        var filler = new string('x', 1_000_000);
        var count = (int)(WriteQueue.MaxHeldBytes / (2 * filler.Length)) + 20;
        Task<Reply>[] replies;
        await using (await app.LockAsync())
        {
            replies = [.. Enumerable.Range(0, count).Select(i => app.SyncAsync($$"""{"glue_user_id":"u{{i}}","data":{"events":[{"event":"e","properties":{"x":"{{filler}}"} }]} }"""))];
            while (!replies.Any(reply => reply.IsCompleted))
            {
                await Task.Delay(10);
            }
        }

        await Task.WhenAll(replies);
        var refused = 0;
        foreach (var reply in replies.Select(reply => reply.Result).Where(reply => reply.Status != HttpStatusCode.OK))
        {
            refused++;
            reply.IsError(HttpStatusCode.ServiceUnavailable, "Too many writes are waiting; send it again a little later");
            Assert.Equal("1", reply.Message.Headers.GetValues("Retry-After").Single());
        }

        Assert.InRange(refused, 1, count - 1);
        Assert.Equal([$"{count - refused}"], app.Query("SELECT count(*) FROM events"));
    }

    [Fact]
    public void The_connections_are_what_durability_needs()
    {
        Assert.Equal(["wal"], app.Query("PRAGMA journal_mode"));
        var database = new Database(new Settings { DatabasePath = app.DatabasePath });
        using var writer = database.OpenWriter();
        using var reader = database.OpenReader();

        Assert.Equal("2", Scalar(writer, "PRAGMA synchronous"));
        Assert.Equal("wal", Scalar(writer, "PRAGMA journal_mode"));
        Assert.Equal("1", Scalar(reader, "PRAGMA query_only"));
        Assert.Equal(8, Assert.Throws<SqliteException>(() => Scalar(reader, "DELETE FROM users")).SqliteErrorCode);
    }

    public void Dispose() => app.Dispose();

    // The write-ahead log marks the last page of each transaction with the size of the database.
    private int CommitsInLog()
    {
        using var file = new FileStream(app.DatabasePath + "-wal", FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var log = new byte[file.Length];
        file.ReadExactly(log);
        var page = log.Length == 0 ? 0 : BinaryPrimitives.ReadInt32BigEndian(log.AsSpan(8));
        var commits = 0;
        for (var frame = 32; frame + 24 + page <= log.Length; frame += 24 + page)
        {
            var current = log.AsSpan(frame + 8, 8).SequenceEqual(log.AsSpan(16, 8));
            commits += current && BinaryPrimitives.ReadInt32BigEndian(log.AsSpan(frame + 4)) != 0 ? 1 : 0;
        }

        return commits;
    }

    private static string Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar()!.ToString()!;
    }

    private Task<Reply> TrackAsync(int user, string name) => app.TrackAsync($$"""{"glue_user_id":"u{{user}}","event":"{{name}}"}""");
}
