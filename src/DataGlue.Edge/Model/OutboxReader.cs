using Dapper;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Model;

/// <summary>What waits for the home, and what the home has rejected.</summary>
internal sealed class OutboxReader(Database database)
{
    /// <summary>The id of the newest item that waits; 0 where none does.</summary>
    public long Newest() => database.Read(connection => connection.ExecuteScalar<long>(SqlFile.Read("read/outbox_newest")));

    /// <summary>How many items wait, up to the one with this id.</summary>
    public long Count(long last) => database.Read(connection => connection.ExecuteScalar<long>(SqlFile.Read("read/outbox_count"), new { last }));

    /// <summary>When the oldest item was received; null where none waits.</summary>
    public string? Oldest() => database.Read(connection => connection.QueryFirstOrDefault<string>(SqlFile.Read("read/outbox_oldest")));

    /// <summary>The oldest items that were not tried yet and have a greater id, at most so many and so many bytes; an item that is larger comes alone.</summary>
    public IReadOnlyList<OutboxRow> Fresh(long after, int count, int bytes) => database.Read(connection =>
        Within(bytes, connection.Query<OutboxRow>(SqlFile.Read("read/outbox_fresh"), new { after, count }, buffered: false), row => row.Item));

    /// <summary>An item on which the home has failed and that is to be tried again; null where none is. Times are milliseconds since 1970.</summary>
    /// <param name="now">The present time.</param>
    /// <param name="horizon">The latest time to which an item is postponed. One that is later stands for a clock that was set back, and is due.</param>
    public OutboxRow? Due(long now, long horizon) => database.Read(connection =>
        connection.QueryFirstOrDefault<OutboxRow>(SqlFile.Read("read/outbox_due"), new { now = Instants.Format(now), horizon = Instants.Format(horizon) }));

    /// <summary>When the next such item is due; null where there is none.</summary>
    public string? NextTry() => database.Read(connection => connection.QueryFirstOrDefault<string>(SqlFile.Read("read/outbox_next_try")));

    /// <summary>How much the items that are aside take, in bytes.</summary>
    public long SizeAside() => database.Read(connection => connection.ExecuteScalar<long>(SqlFile.Read("read/aside_size")));

    /// <summary>How many items are aside.</summary>
    public long CountAside() => database.Read(connection => connection.ExecuteScalar<long>(SqlFile.Read("read/aside_count")));

    /// <summary>Items that are aside with a greater id, at most so many and so many bytes; an item that is larger comes alone.</summary>
    public IReadOnlyList<AsideRow> Aside(long after, int count, int bytes) => database.Read(connection =>
        Within(bytes, connection.Query<AsideRow>(SqlFile.Read("read/aside"), new { after, count }, buffered: false), row => row.Item));

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
    public byte[] Item { get; set; } = []; // jSON text
    public long Attempts { get; set; } // how often the home has failed on it
}

/// <summary>An item that the home has rejected.</summary>
internal sealed class AsideRow
{
    public long Id { get; set; }
    public string Received { get; set; } = "";
    public string PutAside { get; set; } = "";
    public string Reason { get; set; } = "";
    public byte[] Item { get; set; } = []; // jSON text
}
