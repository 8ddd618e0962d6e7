namespace DataGlue.Edge.Tests.D1;

/// <summary>Everything that a database holds, as text.</summary>
public static class Tables
{
    // Which rows of a table are the same in no two databases, because a script makes them at random.
    private static readonly Dictionary<string, string> Own = new() { ["server_state"] = "name IN ('database_id', 'tombstone_key')" };

    /// <summary>The tables, but for the journal of the upgrades, which only the server's file has, and what the engines keep for themselves.</summary>
    public static async Task<IReadOnlyList<string>> NamesAsync(IBatches database) => await ColumnAsync(
        database,
        """
        SELECT name FROM sqlite_schema
        WHERE type = 'table' AND name <> 'SchemaVersions' AND substr(name, 1, 4) <> '_cf_' AND (substr(name, 1, 7) <> 'sqlite_' OR name = 'sqlite_sequence')
        ORDER BY name
        """);

    /// <summary>Every row of these tables, each value as an SQL literal: so a number is exact, and its type is seen.</summary>
    public static async Task<string> DumpAsync(IBatches database, IEnumerable<string> tables)
    {
        var lines = new List<string>();
        foreach (var table in tables)
        {
            lines.Add(table);
            lines.AddRange(await RowsAsync(database, table));
        }

        return string.Join('\n', lines);
    }

    /// <summary>The statements that made the tables and indexes.</summary>
    public static async Task<IReadOnlyList<string>> SchemaAsync(IBatches database) => await ColumnAsync(
        database, "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND substr(name, 1, 4) <> '_cf_' AND substr(name, 1, 7) <> 'sqlite_' ORDER BY name");

    private static async Task<IReadOnlyList<string>> RowsAsync(IBatches database, string table)
    {
        var columns = await ColumnAsync(database, $"SELECT name FROM pragma_table_info('{table}') ORDER BY cid");
        var condition = table == "sqlite_sequence" ? "name <> 'SchemaVersions'" : $"NOT ({Own.GetValueOrDefault(table, "0")})";
        var quoted = columns.Select(column => $"quote({column}) AS {column}");
        var order = Enumerable.Range(1, columns.Count);
        return await RowsOfAsync(database, $"SELECT {string.Join(", ", quoted)} FROM {table} WHERE {condition} ORDER BY {string.Join(", ", order)}");
    }

    private static async Task<IReadOnlyList<string>> ColumnAsync(IBatches database, string sql) =>
        [.. (await RowsOfAsync(database, sql)).Select(row => row[(row.IndexOf('=', StringComparison.Ordinal) + 2)..^1])];

    private static async Task<IReadOnlyList<string>> RowsOfAsync(IBatches database, string sql) =>
        (await database.RunAsync([Statement.Of(sql)])).IsOk().Statements[0].Rows;
}
