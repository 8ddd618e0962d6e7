using Dapper;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Regions;

/// <summary>What the database holds for another, and which database it is.</summary>
public sealed class OutboxReader(EdgeDatabase database)
{
    /// <summary>The id of this database.</summary>
    public string DatabaseId() => State("database_id") ?? throw new InvalidDataException("The database has lost its id");

    /// <summary>The id of the home's database; null while no home has answered.</summary>
    public string? HomeId() => State("home_id");

    /// <summary>Whether it holds what only a home holds.</summary>
    public bool HoldsVisitors()
    {
        using var connection = database.OpenReader();
        return connection.ExecuteScalar<bool>(OutboxSql.HoldsVisitors);
    }

    /// <summary>The id of the newest item that waits, 0 where none does.</summary>
    public long Newest()
    {
        using var connection = database.OpenReader();
        return connection.ExecuteScalar<long>(OutboxSql.Newest);
    }

    /// <summary>How many items wait, up to one.</summary>
    /// <param name="last">The id of that item.</param>
    public long Count(long last)
    {
        using var connection = database.OpenReader();
        return connection.ExecuteScalar<long>(OutboxSql.Count, new { last });
    }

    /// <summary>When the oldest item was received, null where none waits.</summary>
    public string? Oldest()
    {
        using var connection = database.OpenReader();
        return connection.QueryFirstOrDefault<string>(OutboxSql.Oldest);
    }

    /// <summary>The oldest items after one, as many as go into a relay, and one at the least.</summary>
    /// <param name="after">The id of that item; 0 for the start.</param>
    /// <param name="count">How many at the most.</param>
    /// <param name="bytes">How many bytes at the most; an item that is larger comes alone.</param>
    public IReadOnlyList<OutboxRow> After(long after, int count, int bytes)
    {
        using var connection = database.OpenReader();
        return Within(bytes, connection.Query<OutboxRow>(OutboxSql.After, new { after, count }, buffered: false), row => row.Item);
    }

    /// <summary>How much the items that are aside take, in bytes.</summary>
    public long SizeAside()
    {
        using var connection = database.OpenReader();
        return connection.ExecuteScalar<long>(OutboxSql.SizeAside);
    }

    /// <summary>How many items are aside.</summary>
    public long CountAside()
    {
        using var connection = database.OpenReader();
        return connection.ExecuteScalar<long>(OutboxSql.CountAside);
    }

    /// <summary>Items that are aside, those after one.</summary>
    /// <param name="after">The id of that item; 0 for the start.</param>
    /// <param name="count">How many at the most.</param>
    /// <param name="bytes">How many bytes at the most; an item that is larger comes alone.</param>
    public IReadOnlyList<AsideRow> Aside(long after, int count, int bytes)
    {
        using var connection = database.OpenReader();
        return Within(bytes, connection.Query<AsideRow>(OutboxSql.Aside, new { after, count }, buffered: false), row => row.Item);
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

    private string? State(string name)
    {
        using var connection = database.OpenReader();
        return connection.QueryFirstOrDefault<string>(OutboxSql.State, new { name });
    }
}

/// <summary>An item that waits.</summary>
public sealed class OutboxRow
{
    /// <summary>Its id.</summary>
    public long Id { get; set; }

    /// <summary>The item as JSON text.</summary>
    public byte[] Item { get; set; } = [];
}

/// <summary>An item that the home has rejected.</summary>
public sealed class AsideRow
{
    /// <summary>Its id.</summary>
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
