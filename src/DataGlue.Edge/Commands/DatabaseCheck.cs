using DataGlue.Edge.Storage;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DataGlue.Edge.Commands;

/// <summary>Reads a whole database in one snapshot and prints what is wrong with it, a line for each part and for its first differences. Changes nothing.</summary>
internal sealed class DatabaseCheck(SqliteConnection connection)
{
    // How many differences of each part are listed.
    private const int Listed = 20;

    private const string Objects = """
        SELECT type || ' ' || name, sql FROM sqlite_schema
        WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite!_%' ESCAPE '!' AND name <> 'SchemaVersions' COLLATE NOCASE
        ORDER BY 1
        """;

    // The columns of read/profile_differences behind the first, in their order.
    private static readonly string[] Parts = ["e-mail", "traits", "times", "touches", "left in the middle of a write"];

    /// <summary>Returns the number of differences.</summary>
    /// <exception cref="SqliteException">Damage keeps the file from being read to its end.</exception>
    public long Run()
    {
        using var snapshot = connection.BeginTransaction(deferred: true);
        if (Integrity() is > 0 and var damage)
        {
            // The other parts would read damaged pages.
            return damage;
        }

        if (SchemaUpgrade.Applied(connection) is not { } applied)
        {
            return Report("scripts", "", 1, ["the database has no list of its scripts: it is not a database of this program"]);
        }

        var different = ForeignKeys() + Scripts(applied) + Schema(applied);
        return different > 0 ? different : Profiles();
    }

    /// <summary>The first faults in pages, indexes and rows. On a read-only connection SQLite does not check CHECK constraints.</summary>
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
        var damage = Damage(connection);
        return Report("integrity", "ok", damage.Count, damage);
    }

    private long ForeignKeys()
    {
        var broken = connection.Column("SELECT \"table\" || ' row ' || coalesce(rowid, '?') || ' refers to nothing in ' || parent FROM pragma_foreign_key_check");
        return Report("foreign keys", "ok", broken.Count, broken);
    }

    private static long Scripts(IReadOnlyList<string> applied)
    {
        var pending = SchemaUpgrade.Scripts().Select(script => script.Name).Except(applied).ToList();
        var good = pending.Count == 0 ? $"ok, {applied.Count} applied" : $"ok, {applied.Count} applied; the next start applies {string.Join(", ", pending)}";
        return SchemaUpgrade.Misfit(applied) is { } sentence ? Report("scripts", "", 1, [sentence]) : Report("scripts", good, 0, []);
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
            .Select(definition => present.ContainsKey(definition.Key) ? $"{definition.Key} is not as its script makes it" : $"{definition.Key} is missing")
            .ToList();
        return Report("schema", added.Count == 0 ? "ok" : $"ok; beside it {string.Join(", ", added.Take(Listed))}", differences.Count, differences);
    }

    private static Dictionary<string, string> Definitions(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = Objects;
        using var reader = command.ExecuteReader();
        var definitions = new Dictionary<string, string>();
        while (reader.Read())
        {
            definitions.Add(reader.GetString(0), reader.GetString(1));
        }

        return definitions;
    }

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

        return Report("profiles", $"ok, {total} compared with their logs", different, first);
    }

    private static long Report(string part, string good, long count, IReadOnlyList<string> first)
    {
        Console.WriteLine(count == 0 ? $"{part}: {good}" : $"{part}: {count}{(part == "integrity" && count >= Listed ? " or more" : "")} wrong");
        foreach (var line in first.Take(Listed))
        {
            Console.WriteLine($"  {line.ReplaceLineEndings(" ")}");
        }

        return count;
    }
}
