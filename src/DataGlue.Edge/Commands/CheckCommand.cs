using System.CommandLine;
using DataGlue.Edge.Model;
using DataGlue.Edge.Reports.Columns;
using DataGlue.Edge.Storage;
using DataGlue.Edge.Wire.Json;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DataGlue.Edge.Commands;

/// <summary><c>check</c>: reads the whole database in one snapshot and prints what is wrong: damage, a schema that its scripts do not make, profiles that do
/// not follow from their logs, rows of the logs that are not as they were written. Each part prints one line, and one for each of its first differences. Changes
/// nothing; with <c>--repair</c> it first makes anew what follows from the logs.</summary>
internal sealed class CheckCommand(SqliteConnection connection)
{
    // How many differences of each part are listed.
    private const int Listed = 20;

    private const string Objects = """
        SELECT type || ' ' || name || char(31) || sql FROM sqlite_schema
        WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite!_%' ESCAPE '!' AND name <> 'SchemaVersions' COLLATE NOCASE
        ORDER BY 1
        """;

    // The columns of read/profile_differences behind the first, in their order.
    private static readonly string[] Parts = ["e-mail", "traits", "times", "touches"];

    public static Command Make()
    {
        var repair = new Option<bool>("--repair") { Description = "First make profiles and traits anew that do not follow from their logs; the server must be stopped" };
        var command = new Command("check", "Read the whole database and tell what is damaged or does not fit together; changes nothing without --repair") { repair };
        command.SetAction(parsed => Run(parsed.GetValue(repair)));
        return command;
    }

    private static int Run(bool repair)
    {
        var database = CommandLine.DatabasePath();
        using var held = repair ? DatabaseLock.Acquire(database) : null;
        using var connection = repair ? Database.OpenFile(database, SqliteOpenMode.ReadWrite) : Database.OpenUnchanged(database);
        return new CheckCommand(connection).Check(repair) == 0 ? 0 : throw new CommandException($"'{database}' is not as it should be");
    }

    // Returns the number of differences.
    private long Check(bool repair)
    {
        // A snapshot, or with a repair the only writer; all is undone where it does not come to the end.
        connection.Execute(repair ? "BEGIN IMMEDIATE" : "BEGIN");
        if (Integrity() is > 0 and var damage)
        {
            // The other parts would read damaged pages.
            return damage;
        }

        if (SchemaUpgrade.Applied(connection) is not { } applied)
        {
            return Report("scripts", "", ["the database has no list of its scripts: it is not a database of this program"]);
        }

        var different = ForeignKeys() + Scripts(applied) + Schema(applied);
        if (different > 0)
        {
            return different;
        }

        if (repair)
        {
            new Repair(connection).Run();
        }

        different = Profiles() + Events() + Identities() + Derived() + Columns();
        connection.Execute("COMMIT");
        return different;
    }

    /// <summary>The first faults that SQLite finds in pages, indexes and rows. On a read-only connection it does not check CHECK constraints.</summary>
    /// <exception cref="SqliteException">The file cannot be read, for another reason than damage.</exception>
    public static List<string> Damage(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = $"PRAGMA integrity_check({Listed})";
        var faults = new List<string>();
        try
        {
            using var reader = command.ExecuteReader();
            while (reader.Read())
            {
                faults.AddRange(reader.GetString(0).Split('\n').Where(line => line != "ok" && !line.StartsWith("***", StringComparison.Ordinal)));
            }
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode == raw.SQLITE_CORRUPT)
        {
            // Some damage ends the check itself.
            faults.Add(exception.Message);
        }

        return faults;
    }

    private long Integrity()
    {
        using var progress = new Progress("checking pages and indexes");
        return Report("integrity", "ok", Damage(connection));
    }

    private long ForeignKeys() => Report("foreign keys", "ok", connection.Column(
        "SELECT \"table\" || ' row ' || coalesce(rowid, '?') || ' refers to nothing in ' || parent FROM pragma_foreign_key_check"));

    private static long Scripts(IReadOnlyList<string> applied)
    {
        var pending = SchemaUpgrade.Scripts().Select(script => script.Name).Except(applied).ToList();
        var next = pending.Count == 0 ? "" : $"; the next start applies {string.Join(", ", pending)}";
        return Report("scripts", $"ok, {applied.Count} applied{next}", SchemaUpgrade.Misfit(applied) is { } misfit ? [misfit] : []);
    }

    // An owner may add to the schema, but not change what the server has made.
    private long Schema(IReadOnlyList<string> applied)
    {
        using var fresh = new SqliteConnection("Data Source=:memory:");
        fresh.Open();
        foreach (var script in SchemaUpgrade.Scripts().Where(script => applied.Contains(script.Name)))
        {
            fresh.Execute(script.Contents);
        }

        var present = Definitions(connection);
        var expected = Definitions(fresh);
        var added = present.Keys.Except(expected.Keys).ToList();
        var differences = expected
            .Where(definition => present.GetValueOrDefault(definition.Key) != definition.Value)
            .Select(definition => $"{definition.Key} is {(present.ContainsKey(definition.Key) ? "not as its script makes it" : "missing")}").ToList();
        return Report("schema", added.Count == 0 ? "ok" : $"ok; beside it {string.Join(", ", added.Take(Listed))}", differences);
    }

    private static Dictionary<string, string> Definitions(SqliteConnection connection) =>
        connection.Column(Objects).Select(row => row.Split('\x1F', 2)).ToDictionary(parts => parts[0], parts => parts[1]);

    private long Profiles()
    {
        using var progress = new Progress("comparing profiles with their logs");
        var total = connection.Number(SqlFile.Read("read/logged_profiles"));
        using var command = connection.CreateCommand();
        command.CommandText = SqlFile.Read("read/profile_differences");
        using var reader = command.ExecuteReader();
        var (read, different, first) = (0L, 0L, new List<string>());
        while (reader.Read())
        {
            progress.Report(++read, total);
            var parts = Parts.Where((_, part) => reader.GetInt64(part + 1) != 0).ToList();
            if (parts.Count > 0 && different++ < Listed)
            {
                first.Add($"{reader.GetString(0)}: {string.Join(", ", parts)}");
            }
        }

        return Report("profiles", $"ok, {total} compared with their logs", first, different);
    }

    private long Events() => Fingerprints("events", StoredEvents());

    private long Identities() => Fingerprints(
        "identities", StoredIdentity.All(connection).Where(identity => identity.HasFingerprint).Select(identity => (identity.ToString(), identity.IsIntact)));

    private long Derived()
    {
        using var progress = new Progress("comparing derived rows with the logs");
        var rows = DerivedRow.Wrong(connection);
        return Report("derived rows", "ok, compared with the logs", [.. rows.Take(Listed).Select(row => row.ToString())], rows.Count);
    }

    private long Columns()
    {
        using var progress = new Progress("comparing the columns of reports with the logs");
        return Report("columns", "ok, compared with the logs", ColumnCheck.Differences(new ColumnReader(connection)));
    }

    // Whether each row has the fingerprint that is made of it now: a bit of a value may turn over without damage to its page.
    private static long Fingerprints(string part, IEnumerable<(string Name, bool IsIntact)> rows)
    {
        using var progress = new Progress($"comparing {part} with their fingerprints");
        var (read, different, first) = (0L, 0L, new List<string>());
        foreach (var (name, isIntact) in rows)
        {
            read++;
            if (!isIntact && different++ < Listed)
            {
                first.Add(name);
            }
        }

        return Report(part, $"ok, {read} compared with their fingerprints", first, different);
    }

    private IEnumerable<(string Name, bool IsIntact)> StoredEvents()
    {
        using var command = connection.CreateCommand();
        command.CommandText = SqlFile.Read("read/event_fingerprints");
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            yield return (reader.GetString(0), IsIntact(reader));
        }
    }

    private static bool IsIntact(SqliteDataReader row)
    {
        try
        {
            var made = EventWrite.FingerprintOf(row.Utf8(2), InstantOf(row, 3), row.Utf8(4), row.Utf8(5), JsonText.Parse(row.Utf8(6)));
            return row.IsFingerprint(1, made);
        }
        catch (Exception exception) when (exception is FormatException or JsonException)
        {
            return false;
        }
    }

    private static long InstantOf(SqliteDataReader row, int column) =>
        Instants.TryParse(row.GetString(column), out var instant) && Instants.Utf8(instant) == row.Utf8(column) ? instant : throw new FormatException();

    private static long Report(string part, string good, List<string> first, long? differences = null)
    {
        var count = differences ?? first.Count;
        Console.WriteLine(count == 0 ? $"{part}: {good}" : $"{part}: {count}{(part == "integrity" && count >= Listed ? " or more" : "")} wrong");
        foreach (var line in first.Take(Listed))
        {
            Console.WriteLine($"  {line.ReplaceLineEndings(" ")}");
        }

        return count;
    }
}
