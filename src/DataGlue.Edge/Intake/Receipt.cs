namespace DataGlue.Edge.Intake;

/// <summary>What the first server adds to an item: when it came, and ids for what has none, so that whoever stores it later, or twice, stores the same.</summary>
internal readonly struct Receipt
{
    private readonly ServerIds? ids;
    private readonly Utf8Text madeId;
    private readonly IReadOnlyList<Utf8Text>? madeIds;

    /// <summary>The receipt of an item that comes now.</summary>
    public Receipt(long received, Provenance provenance, ServerIds ids) => (Received, Provenance, this.ids) = (received, provenance, ids);

    /// <summary>The receipt that another server has made, and which came with the item.</summary>
    /// <param name="received">When that server received it, in milliseconds since 1970.</param>
    /// <param name="provenance">Who said it, as that server knows.</param>
    /// <param name="madeId">The id that it has made for an event or identification.</param>
    /// <param name="madeIds">Of a sync: that of each event, none where it brought its own, or <see cref="LeftOut"/>.</param>
    public Receipt(long received, Provenance provenance, Utf8Text madeId, IReadOnlyList<Utf8Text> madeIds) =>
        (Received, Provenance, this.madeId, this.madeIds) = (received, provenance, madeId, madeIds);

    public static Utf8Text LeftOut { get; } = new([]); // stands for an event of a sync that was rejected, and is not to be stored
    public Provenance Provenance { get; } // who said it
    public long Received { get; } // when it was received, in milliseconds since 1970

    /// <summary>An id for an event without one; none where another server should have made it and has not.</summary>
    public Utf8Text NewEventId() => ids?.NewEvent(Received) ?? madeId;

    /// <summary>An id for an identification without one.</summary>
    public Utf8Text NewIdentificationId() => ids?.NewIdentification(Received) ?? madeId;

    /// <summary>The receipt of one event of a sync.</summary>
    public Receipt OfEvent(int index) => madeIds is null ? this : new Receipt(Received, Provenance, index < madeIds.Count ? madeIds[index] : default, []);

    /// <summary>Whether another server has rejected this event of a sync already.</summary>
    public bool IsLeftOut(int index) => madeIds is not null && index < madeIds.Count && madeIds[index] == LeftOut;

    /// <summary>Whether it is for a sync of so many events.</summary>
    public bool Fits(int events) => madeIds is null || madeIds.Count == events;
}
