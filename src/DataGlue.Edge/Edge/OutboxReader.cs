using Dapper;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Edge;

/// <summary>What the database holds for another.</summary>
internal sealed class OutboxReader(Database database)
{
    private static readonly string NewestSql = SqlFile.Read("read/outbox_newest");
    private static readonly string CountSql = SqlFile.Read("read/outbox_count");
    private static readonly string OldestSql = SqlFile.Read("read/outbox_oldest");
    private static readonly string FreshSql = SqlFile.Read("read/outbox_fresh");
    private static readonly string DueSql = SqlFile.Read("read/outbox_due");
    private static readonly string NextTrySql = SqlFile.Read("read/outbox_next_try");
    private static readonly string SizeAsideSql = SqlFile.Read("read/aside_size");
    private static readonly string CountAsideSql = SqlFile.Read("read/aside_count");
    private static readonly string AsideSql = SqlFile.Read("read/aside");

    /// <summary>The id of the newest item that waits, 0 where none does.</summary>
    public long Newest()
    {
        using var connection = database.OpenReader();
        return connection.ExecuteScalar<long>(NewestSql);
    }

    /// <summary>How many items wait, up to one.</summary>
    /// <param name="last">The id of that item.</param>
    public long Count(long last)
    {
        using var connection = database.OpenReader();
        return connection.ExecuteScalar<long>(CountSql, new { last });
    }

    /// <summary>When the oldest item was received, null where none waits.</summary>
    public string? Oldest()
    {
        using var connection = database.OpenReader();
        return connection.QueryFirstOrDefault<string>(OldestSql);
    }

    /// <summary>The oldest items after one that were not tried yet, as many as go into a relay, and one at the least.</summary>
    /// <param name="after">The id of that item; 0 for the start.</param>
    /// <param name="count">How many at the most.</param>
    /// <param name="bytes">How many bytes at the most; an item that is larger comes alone.</param>
    public IReadOnlyList<OutboxRow> Fresh(long after, int count, int bytes)
    {
        using var connection = database.OpenReader();
        return Within(bytes, connection.Query<OutboxRow>(FreshSql, new { after, count }, buffered: false), row => row.Item);
    }

    /// <summary>An item that the home has failed on and that is to be tried again; null where none is. Times are milliseconds since 1970.</summary>
    /// <param name="now">What time it is.</param>
    /// <param name="horizon">No item is postponed beyond this, unless the clock was set back: then it is due too.</param>
    public OutboxRow? Due(long now, long horizon)
    {
        using var connection = database.OpenReader();
        return connection.QueryFirstOrDefault<OutboxRow>(DueSql, new { now = Instants.Format(now), horizon = Instants.Format(horizon) });
    }

    /// <summary>When the next such item is due; null where there is none.</summary>
    public string? NextTry()
    {
        using var connection = database.OpenReader();
        return connection.QueryFirstOrDefault<string>(NextTrySql);
    }

    /// <summary>How much the items that are aside take, in bytes.</summary>
    public long SizeAside()
    {
        using var connection = database.OpenReader();
        return connection.ExecuteScalar<long>(SizeAsideSql);
    }

    /// <summary>How many items are aside.</summary>
    public long CountAside()
    {
        using var connection = database.OpenReader();
        return connection.ExecuteScalar<long>(CountAsideSql);
    }

    /// <summary>Items that are aside, those after one.</summary>
    /// <param name="after">The id of that item; 0 for the start.</param>
    /// <param name="count">How many at the most.</param>
    /// <param name="bytes">How many bytes at the most; an item that is larger comes alone.</param>
    public IReadOnlyList<AsideRow> Aside(long after, int count, int bytes)
    {
        using var connection = database.OpenReader();
        return Within(bytes, connection.Query<AsideRow>(AsideSql, new { after, count }, buffered: false), row => row.Item);
    }

    private static List<T> Within<T>(int bytes, IEnumerable<T> rows, Func<T, byte[]> item)
    {
        var taken = new List<T>();
        foreach (var row in rows)
        {
            bytes -= item(row).Length;
            if (bytes < 0 && taken.Count > 0)
            {
                break;
            }

            taken.Add(row);
        }

        return taken;
    }
}

/// <summary>An item that waits.</summary>
internal sealed class OutboxRow
{
    public long Id { get; set; }

    /// <summary>The item as JSON text.</summary>
    public byte[] Item { get; set; } = [];

    /// <summary>How often the home has failed on it.</summary>
    public long Attempts { get; set; }
}

/// <summary>An item that the home has rejected.</summary>
internal sealed class AsideRow
{
    public long Id { get; set; }

    /// <summary>When the edge received it.</summary>
    public string Received { get; set; } = "";

    /// <summary>When it was put aside.</summary>
    public string PutAside { get; set; } = "";

    /// <summary>Why.</summary>
    public string Reason { get; set; } = "";

    /// <summary>The item as JSON text.</summary>
    public byte[] Item { get; set; } = [];
}
