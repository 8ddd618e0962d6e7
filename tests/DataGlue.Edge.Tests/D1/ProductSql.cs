using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using DataGlue.Edge.Journeys;
using DataGlue.Edge.Regions;
using DataGlue.Edge.Storage;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.D1;

/// <summary>All SQL that the server runs, found in the program itself, so that none is forgotten.</summary>
public static partial class ProductSql
{
    /// <summary>What concerns the server's own connection to its file, and has no counterpart on D1: it keeps transactions and settings to itself.</summary>
    public static IReadOnlyList<string> OfTheFileAlone { get; } =
    [
        "BEGIN IMMEDIATE", "COMMIT", "ROLLBACK", "SAVEPOINT one", "RELEASE one", "ROLLBACK TO one",
        "PRAGMA busy_timeout = ", "PRAGMA query_only = 1", "PRAGMA wal_checkpoint(TRUNCATE)",
        "PRAGMA page_size", "PRAGMA page_count", "PRAGMA freelist_count", "PRAGMA integrity_check(", "PRAGMA journal_mode = DELETE",
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", "VACUUM", "SELECT count(*) FROM sqlite_schema",
        """
        SELECT type || ' ' || name, sql FROM sqlite_schema
        WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite!_%' ESCAPE '!' AND name <> 'SchemaVersions' COLLATE NOCASE
        ORDER BY 1
        """,
        "SELECT \"table\" || ' row ' || coalesce(rowid, '?') || ' refers to nothing in ' || parent FROM pragma_foreign_key_check",
        "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'SchemaVersions' COLLATE NOCASE", "SELECT scriptname FROM schemaversions ORDER BY scriptname",
        """
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        PRAGMA journal_size_limit = 67108864;
        PRAGMA wal_autocheckpoint = 4096;
        PRAGMA cache_size = -12288;
        SELECT count(*) FROM sqlite_schema;
        """,
    ];

    /// <summary>The writing statements, of shortcuts too.</summary>
    public static IReadOnlyList<string> Writes { get; } = [.. WriteSql.Plans.SelectMany(plan => plan.Shortcut.Concat(plan.Statements)).Distinct()];

    /// <summary>The reading statements.</summary>
    public static IReadOnlyList<string> Reads { get; } =
    [
        JourneySql.Snapshot, JourneySql.Profile, JourneySql.ProfilesOf, JourneySql.SpanOf, JourneySql.Find, JourneySql.Page,
        WriteSql.CountLogged, WriteSql.Differences,
        OutboxSql.State, OutboxSql.HasHome, OutboxSql.HoldsVisitors, OutboxSql.Newest, OutboxSql.Count, OutboxSql.Oldest, OutboxSql.After, OutboxSql.SizeAside, OutboxSql.CountAside, OutboxSql.Aside,
    ];

    /// <summary>The questions of sql/queries, by the name of their file.</summary>
    public static IReadOnlyDictionary<string, string> Questions { get; } =
        Directory.GetFiles(Path.Combine(NativeBinary.Root, "sql", "queries")).ToDictionary(file => Path.GetFileName(file), File.ReadAllText);

    /// <summary>Every text in the compiled program that begins as SQL does: a statement, or the beginning of one that is put together.</summary>
    public static IReadOnlyList<string> InTheProgram()
    {
        using var program = new PEReader(File.OpenRead(typeof(WriteSql).Assembly.Location));
        var metadata = program.GetMetadataReader();
        var texts = new List<string>();
        for (var handle = metadata.GetNextHandle(default(UserStringHandle)); !handle.IsNil; handle = metadata.GetNextHandle(handle))
        {
            texts.Add(metadata.GetUserString(handle));
        }

        return [.. texts.Where(text => Beginning().IsMatch(text))];
    }

    [GeneratedRegex(@"^\s*(ALTER|ANALYZE|ATTACH|BEGIN|COMMIT|CREATE|DELETE|DETACH|DROP|END|EXPLAIN|INSERT|PRAGMA|REINDEX|RELEASE|REPLACE|ROLLBACK|SAVEPOINT|SELECT|UPDATE|VACUUM|WITH)\b")]
    private static partial Regex Beginning();
}
