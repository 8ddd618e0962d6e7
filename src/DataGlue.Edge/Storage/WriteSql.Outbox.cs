namespace DataGlue.Edge.Storage;

public static partial class WriteSql
{
    private const string InsertOutbox = "INSERT INTO outbox (received, item) VALUES (@received, @item) RETURNING id";

    // Another file may have taken the place of the one that the items were read from, and have given their ids to others.
    private const string DeleteOutbox = """
        DELETE FROM outbox
        WHERE id BETWEEN @first AND @last
          AND EXISTS (SELECT 1 FROM outbox WHERE id = @first AND item = @first_item)
          AND EXISTS (SELECT 1 FROM outbox WHERE id = @last AND item = @last_item)
        """;

    private const string CountDeleted = "SELECT changes()";

    private const string CopyAside = """
        INSERT INTO outbox_aside (received, item, put_aside, reason)
        SELECT received, item, @now, @reason FROM outbox WHERE id = @id AND item = @item
        RETURNING id
        """;

    private const string DeleteSetAside = "DELETE FROM outbox WHERE id = @id AND item = @item";

    private const string CountAside = "SELECT count(*) FROM outbox_aside WHERE id = coalesce(@id, id)";

    private const string CopyBack = """
        INSERT INTO outbox (received, item)
        SELECT received, item FROM outbox_aside WHERE id = coalesce(@id, id) ORDER BY id
        """;

    private const string DeleteAside = "DELETE FROM outbox_aside WHERE id = coalesce(@id, id)";

    private const string UpsertHome = """
        INSERT INTO server_state (name, value) VALUES ('home_id', @home)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value
        """;

    private const string DeleteHome = "DELETE FROM server_state WHERE name = 'home_id'";

    /// <summary>An item for the home; returns its id.</summary>
    public static WritePlan Enqueue { get; } = new("outbox", ["received", "item"], [InsertOutbox]);

    /// <summary>The home has every item from one id to another; returns how many were removed.</summary>
    public static WritePlan Acknowledge { get; } = new("acknowledgement", ["first", "first_item", "last", "last_item"], [DeleteOutbox, CountDeleted]);

    /// <summary>The home has rejected an item; returns its id among those aside.</summary>
    public static WritePlan PutAside { get; } = new("rejected item", ["id", "item", "reason", "now"], [CopyAside, DeleteSetAside]);

    /// <summary>Items that are aside, one or all, go to the end of the outbox; returns how many.</summary>
    public static WritePlan Retry { get; } = new("retry", ["id"], [CountAside, CopyBack, DeleteAside]);

    /// <summary>Items that are aside, one or all, are deleted; returns how many.</summary>
    public static WritePlan Discard { get; } = new("deletion", ["id"], [CountAside, DeleteAside]);

    /// <summary>Which database the home is.</summary>
    public static WritePlan RememberHome { get; } = new("home", ["home"], [UpsertHome]);

    /// <summary>The home is to be learned anew.</summary>
    public static WritePlan ForgetHome { get; } = new("home", [], [DeleteHome]);
}
