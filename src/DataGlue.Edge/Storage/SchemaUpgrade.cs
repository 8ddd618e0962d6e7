using System.IO.Hashing;
using DbUp;
using DbUp.Engine;
using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Storage;

/// <summary>Brings a database to the schema of this binary: sql/schema.sql and sql/migrations, each once, by DbUp.</summary>
internal static class SchemaUpgrade
{
    private const string Baseline = "0000_schema.sql";

    /// <summary>The scripts of this binary, in their order. The baseline's name has a hash of its statements: it changes in place until the first release.</summary>
    public static IReadOnlyList<SqlScript> Scripts()
    {
        var assembly = typeof(SchemaUpgrade).Assembly;
        return
        [
            .. assembly.GetManifestResourceNames()
                .Where(name => name.EndsWith(".sql", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
                .Select(name => SqlScript.FromStream(name, assembly.GetManifestResourceStream(name)!))
                .Select(script => script.Name == Baseline ? new SqlScript($"{Baseline}#{HashOf(script.Contents)}", script.Contents) : script),
        ];
    }

    /// <exception cref="SchemaException">A script failed, or the database is newer than the scripts; it is as it was before.</exception>
    public static void Apply(string connectionString, IReadOnlyList<SqlScript> scripts)
    {
        var engine = DeployChanges.To.SqliteDatabase(connectionString).WithScripts(scripts).WithVariablesDisabled().WithTransaction().LogToNowhere().Build();
        try
        {
            RequireOwn(Path(connectionString));
            if (Misfit(engine.GetExecutedButNotDiscoveredScripts()) is { } misfit)
            {
                throw new SchemaException(misfit);
            }

            Check(engine.PerformUpgrade());
        }
        catch (SqliteException exception)
        {
            throw new SchemaException(
                $"DATABASE_PATH must be a SQLite database that can be written, or a new file, not '{Path(connectionString)}': {Outage.Explain(Outage.CodeOf(exception))} ({exception.Message})",
                exception);
        }
    }

    /// <summary>The scripts that the database has been given, by name; null where it has no list of them, as only a database of another program has none.</summary>
    internal static IReadOnlyList<string>? Applied(SqliteConnection connection)
    {
        if (connection.Column("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'SchemaVersions' COLLATE NOCASE").Count == 0)
        {
            return null;
        }

        return connection.Column("SELECT scriptname FROM schemaversions ORDER BY scriptname");
    }

    /// <summary>Why this binary cannot use a database to which these scripts were applied; null where it can.</summary>
    internal static string? Misfit(IReadOnlyList<string> applied)
    {
        var unknown = applied.Except(Scripts().Select(script => script.Name)).ToList();
        return unknown.Count == 0 ? null
            : unknown.Exists(name => name.StartsWith(Baseline, StringComparison.Ordinal))
                ? "The database has another baseline than this binary, as the schema changes in place until the first release; run the build that made it, or begin with a new file"
            : $"The database is newer than this binary: it has {string.Join(", ", unknown)}; run the version that made it, or a later one";
    }

    /// <summary>Refuses the database of another program, even one whose tables would leave room for ours.</summary>
    /// <exception cref="SchemaException">It is one.</exception>
    internal static void RequireOwn(SqliteConnection connection, string path)
    {
        var isOwn = Applied(connection) is { } applied && applied.Any(name => name.StartsWith(Baseline, StringComparison.Ordinal));
        if (!isOwn && connection.Column("SELECT 1 FROM sqlite_schema WHERE name NOT LIKE '!_litestream!_%' ESCAPE '!' LIMIT 1").Count > 0)
        {
            throw new SchemaException($"DATABASE_PATH must be a database of this program, or a new file, and '{path}' is one of another program; nothing was changed");
        }
    }

    private static void RequireOwn(string path)
    {
        if (new FileInfo(path) is { Exists: true, Length: > 0 })
        {
            using var connection = Database.OpenUnchanged(path);
            RequireOwn(connection, path);
        }
    }

    // Comments and white space make no other schema.
    internal static string HashOf(string sql)
    {
        var lines = sql.Split('\n').Where(line => !line.TrimStart().StartsWith("--", StringComparison.Ordinal));
        var words = string.Join(' ', string.Join(' ', lines).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(words)).ToString("x16", CultureInfo.InvariantCulture);
    }

    private static string Path(string connectionString) => new SqliteConnectionStringBuilder(connectionString).DataSource;

    private static void Check(DatabaseUpgradeResult result)
    {
        if (!result.Successful)
        {
            var script = result.ErrorScript?.Name.Split('#')[0] ?? "its start";
            throw new SchemaException($"The upgrade of the database failed at {script}: {result.Error.Message}; nothing was changed", result.Error);
        }
    }
}

/// <summary>The schema of the database does not fit and could not be made to fit: stops the start.</summary>
internal sealed class SchemaException(string message, Exception? inner = null) : Exception(message, inner);
