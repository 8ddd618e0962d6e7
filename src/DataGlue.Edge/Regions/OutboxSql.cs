namespace DataGlue.Edge.Regions;

/// <summary>Every statement that reads of the outbox. Each stands whole, as a constant: Dapper.AOT sees it when it is compiled.</summary>
public static class OutboxSql
{
    /// <summary>What the server keeps for itself under a name.</summary>
    public const string State = "SELECT value FROM server_state WHERE name = @name";

    /// <summary>Whether there is what only a home holds.</summary>
    public const string HoldsVisitors = "SELECT EXISTS (SELECT 1 FROM users) OR EXISTS (SELECT 1 FROM events) OR EXISTS (SELECT 1 FROM identities)";

    /// <summary>Whether it has been the database of an edge, which knows its home.</summary>
    public const string HasHome = "SELECT EXISTS (SELECT 1 FROM server_state WHERE name = 'home_id')";

    /// <summary>The newest item that waits, 0 where none does.</summary>
    public const string Newest = "SELECT coalesce(max(id), 0) FROM outbox";

    /// <summary>How many items wait, up to one.</summary>
    public const string Count = "SELECT count(*) FROM outbox WHERE id <= @last";

    /// <summary>When the oldest item was received.</summary>
    public const string Oldest = "SELECT received FROM outbox ORDER BY id LIMIT 1";

    /// <summary>The items after one, oldest first.</summary>
    public const string After = "SELECT id AS Id, CAST(item AS BLOB) AS Item FROM outbox WHERE id > @after ORDER BY id LIMIT @count";

    /// <summary>How much the items that are aside take, in bytes, with what a row takes beside its item.</summary>
    public const string SizeAside = "SELECT coalesce(sum(octet_length(item) + 256), 0) FROM outbox_aside";

    /// <summary>How many items are aside.</summary>
    public const string CountAside = "SELECT count(*) FROM outbox_aside";

    /// <summary>The items that are aside, after one.</summary>
    public const string Aside = """
        SELECT id AS Id, received AS Received, put_aside AS PutAside, reason AS Reason, CAST(item AS BLOB) AS Item
        FROM outbox_aside WHERE id > @after ORDER BY id LIMIT @count
        """;
}
