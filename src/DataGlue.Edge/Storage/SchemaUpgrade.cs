using DbUp;
using DbUp.Engine;
using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Storage;

/// <summary>Brings a database to the schema of this binary: sql/schema.sql and sql/migrations, each once, by DbUp.</summary>
public static class SchemaUpgrade
{
    /// <summary>The scripts that this binary carries, in their order; a name is what the database remembers of a script.</summary>
    public static IReadOnlyList<SqlScript> Scripts()
    {
        var assembly = typeof(SchemaUpgrade).Assembly;
        return
        [
            .. assembly.GetManifestResourceNames()
                .Where(name => name.EndsWith(".sql", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
                .Select(name => SqlScript.FromStream(name, assembly.GetManifestResourceStream(name)!)),
        ];
    }

    /// <summary>Applies those of <paramref name="scripts"/> that the database does not have, all in one transaction.</summary>
    /// <param name="connectionString">The database; it is made when it does not exist.</param>
    /// <param name="scripts">Every script of the schema.</param>
    /// <exception cref="SchemaException">A script failed, or the database is newer than the scripts; it is as it was before.</exception>
    public static void Apply(string connectionString, IReadOnlyList<SqlScript> scripts)
    {
        var engine = DeployChanges.To.SqliteDatabase(connectionString)
            .WithScripts(scripts)
            .WithVariablesDisabled()
            .WithTransaction()
            .LogToNowhere()
            .Build();
        try
        {
            RefuseNewer(engine);
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

    /// <summary>What is to be told of a database that has scripts which this binary does not carry; null where it has none.</summary>
    internal static string? TellNewer(IReadOnlyList<string> applied)
    {
        var unknown = applied.Except(Scripts().Select(script => script.Name)).ToList();
        return unknown.Count == 0
            ? null
            : $"The database is newer than this binary: it has {string.Join(", ", unknown)}; run the version that made it, or a later one";
    }

    private static string Path(string connectionString) => new SqliteConnectionStringBuilder(connectionString).DataSource;

    private static void RefuseNewer(UpgradeEngine engine)
    {
        if (TellNewer(engine.GetExecutedButNotDiscoveredScripts()) is { } sentence)
        {
            throw new SchemaException(sentence);
        }
    }

    private static void Check(DatabaseUpgradeResult result)
    {
        if (!result.Successful)
        {
            throw new SchemaException(
                $"The upgrade of the database failed at {result.ErrorScript?.Name ?? "its start"}: {result.Error.Message}; nothing was changed",
                result.Error);
        }
    }
}

/// <summary>The schema of the database does not fit and could not be made to fit: stops the start.</summary>
public sealed class SchemaException(string message, Exception? inner = null) : Exception(message, inner);
