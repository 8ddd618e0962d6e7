using DataGlue.Edge.Storage;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DataGlue.Edge.Commands;

/// <summary>
/// Reads a whole database, as it stands at one moment, and tells what is wrong with it: damage, a schema that its scripts do not make,
/// profiles that do not follow from their logs. It changes nothing.
/// </summary>
/// <param name="connection">The database.</param>
/// <param name="output">Is told a line for each part, and a line for each of the first differences.</param>
/// <param name="progress">Is told how far it is.</param>
internal sealed class DatabaseCheck(SqliteConnection connection, TextWriter output, Progress progress)
{
    /// <summary>How many differences of each part are told one by one.</summary>
    public const int Listed = 20;

    private const string Objects = """
        SELECT type || ' ' || name, sql FROM sqlite_schema
        WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite!_%' ESCAPE '!' AND name <> 'SchemaVersions' COLLATE NOCASE
        ORDER BY 1
        """;

    // Of SqlFile.Read("read/profile_differences"), in the order of its columns.
    private static readonly string[] Parts = ["e-mail", "traits", "times", "touches", "left in the middle of a write"];

    /// <summary>Runs every part.</summary>
    /// <returns>How many differences there are.</returns>
    /// <exception cref="SqliteException">The file is damaged so that it cannot be read to its end.</exception>
    public long Run()
    {
        using var snapshot = connection.BeginTransaction(deferred: true);
        if (Integrity() is > 0 and var damage)
        {
            // What follows would be read from damaged pages.
            return damage;
        }

        if (SchemaUpgrade.Applied(connection) is not { } applied)
        {
            return Tell("scripts", "", 1, ["the database has no list of its scripts: it is not a database of this program"]);
        }

        var different = ForeignKeys() + Scripts(applied) + Schema(applied);
        return different > 0 ? different : Profiles();
    }

    /// <summary>
    /// The first faults that SQLite finds in the pages, indexes and rows of a database; none where it is whole. The connection may have to
    /// be one that could write: of a file that it may only read SQLite passes over the CHECK constraints.
    /// </summary>
    /// <exception cref="SqliteException">The file cannot be read, for another reason than damage.</exception>
    public static IReadOnlyList<string> Damage(SqliteConnection connection)
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
            // It does not get past every damage.
            faults.Add(exception.Message);
        }

        return faults;
    }

    private long Integrity()
    {
        using var work = progress.Begin("checking pages and indexes");
        var damage = Damage(connection);
        return Tell("integrity", "ok", damage.Count, damage);
    }

    private long ForeignKeys()
    {
        var broken = connection.Column("SELECT \"table\" || ' row ' || coalesce(rowid, '?') || ' refers to nothing in ' || parent FROM pragma_foreign_key_check");
        return Tell("foreign keys", "ok", broken.Count, broken);
    }

    private long Scripts(IReadOnlyList<string> applied)
    {
        var pending = SchemaUpgrade.Scripts().Select(script => script.Name).Except(applied).ToList();
        var good = pending.Count == 0 ? $"ok, {applied.Count} applied" : $"ok, {applied.Count} applied; the next start applies {string.Join(", ", pending)}";
        return SchemaUpgrade.Misfit(applied) is { } sentence ? Tell("scripts", "", 1, [sentence]) : Tell("scripts", good, 0, []);
    }

    // An owner may add to the schema; what the server has made is to be as it has made it.
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
        return Tell("schema", added.Count == 0 ? "ok" : $"ok; beside it {string.Join(", ", added.Take(Listed))}", differences.Count, differences);
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
        using var work = progress.Begin("comparing profiles with their logs");
        var total = connection.Number(SqlFile.Read("read/logged_profiles"));
        using var command = connection.CreateCommand();
        command.CommandText = SqlFile.Read("read/profile_differences");
        using var reader = command.ExecuteReader();
        var (read, different, first) = (0L, 0L, new List<string>());
        while (reader.Read())
        {
            work.Report(++read, total);
            var parts = Parts.Where((_, part) => reader.GetInt64(part + 1) != 0).ToList();
            different += parts.Count > 0 ? 1 : 0;
            if (parts.Count > 0 && first.Count < Listed)
            {
                first.Add($"{reader.GetString(0)}: {string.Join(", ", parts)}");
            }
        }

        return Tell("profiles", $"ok, {total} compared with their logs", different, first);
    }

    private long Tell(string part, string good, long count, IReadOnlyList<string> first)
    {
        output.WriteLine(count == 0 ? $"{part}: {good}" : $"{part}: {count}{(part == "integrity" && count >= Listed ? " or more" : "")} wrong");
        foreach (var line in first.Take(Listed))
        {
            output.WriteLine($"  {line.ReplaceLineEndings(" ")}");
        }

        return count;
    }
}
