namespace DataGlue.Edge.Storage;

/// <summary>An item that an edge keeps for its home.</summary>
/// <param name="Received">When the edge received it.</param>
/// <param name="Item">The item as JSON.</param>
public sealed record OutboxWrite(Utf8Text Received, Utf8Text Item) : IWrite
{
    /// <inheritdoc/>
    public WritePlan Plan => WriteSql.Enqueue;

    /// <inheritdoc/>
    public WriteValue[] Values => [Received, Item];
}

/// <summary>That the home has all items from one to another.</summary>
/// <param name="First">The id of the first.</param>
/// <param name="FirstItem">That item as JSON.</param>
/// <param name="Last">The id of the last.</param>
/// <param name="LastItem">That item as JSON.</param>
public sealed record AcknowledgeWrite(long First, Utf8Text FirstItem, long Last, Utf8Text LastItem) : IWrite
{
    /// <inheritdoc/>
    public WritePlan Plan => WriteSql.Acknowledge;

    /// <inheritdoc/>
    public WriteValue[] Values => [First, FirstItem, Last, LastItem];
}

/// <summary>That the home has rejected an item.</summary>
/// <param name="Id">Its id in the outbox.</param>
/// <param name="Item">The item as JSON.</param>
/// <param name="Reason">Why.</param>
/// <param name="Now">When.</param>
public sealed record PutAsideWrite(long Id, Utf8Text Item, Utf8Text Reason, Utf8Text Now) : IWrite
{
    /// <inheritdoc/>
    public WritePlan Plan => WriteSql.PutAside;

    /// <inheritdoc/>
    public WriteValue[] Values => [Id, Item, Reason, Now];
}

/// <summary>That items which are aside go back into the outbox, or are deleted.</summary>
/// <param name="Id">Which one; null for all.</param>
/// <param name="Again">Whether they are to be sent again.</param>
public sealed record AsideWrite(long? Id, bool Again) : IWrite
{
    /// <inheritdoc/>
    public WritePlan Plan => Again ? WriteSql.Retry : WriteSql.Discard;

    /// <inheritdoc/>
    public WriteValue[] Values => [Id is { } id ? id : default(Utf8Text)];
}

/// <summary>Which database the home is.</summary>
/// <param name="Id">Its id; none to forget it.</param>
public sealed record HomeWrite(Utf8Text Id) : IWrite
{
    /// <inheritdoc/>
    public WritePlan Plan => Id.IsPresent ? WriteSql.RememberHome : WriteSql.ForgetHome;

    /// <inheritdoc/>
    public WriteValue[] Values => Id.IsPresent ? [Id] : [];
}
