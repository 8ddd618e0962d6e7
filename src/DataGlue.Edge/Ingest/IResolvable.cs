namespace DataGlue.Edge.Ingest;

/// <summary>
/// A request that becomes a write once everything in it has an id. The server that a client has sent it to gives the ids, so that whoever
/// stores it later, or twice, stores the same.
/// </summary>
internal interface IResolvable
{
    /// <summary>The ids that a server has made for it.</summary>
    MadeIds MadeIds { get; }

    /// <summary>Makes ids for what has none.</summary>
    void Resolve(ServerIds ids);

    /// <summary>Gives it the ids that another server has made for it.</summary>
    /// <returns>False when something is left without one.</returns>
    bool Resolve(MadeIds made);
}

/// <summary>The ids that a server has made for one request.</summary>
/// <param name="Own">That of an identification or event; none where it brought its own.</param>
/// <param name="OfEvents">Of a sync: that of each event, none where it brought its own, or <see cref="LeftOut"/>.</param>
public readonly record struct MadeIds(Utf8Text Own, IReadOnlyList<Utf8Text> OfEvents)
{
    /// <summary>Stands for an event of a sync that was rejected, and is not to be stored.</summary>
    public static Utf8Text LeftOut { get; } = new([]);
}
