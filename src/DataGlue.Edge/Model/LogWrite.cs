using DataGlue.Edge.Intake;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Model;

/// <summary>A row of one of the two logs, under an id that another visitor may have: what it is to do then shows when it has run, and it runs again.</summary>
internal abstract class LogWrite(string script, Item item) : Write(script, hasShortcuts: true)
{
    // An event and one that was tracked live may both stand in the way.
    private const int MostRuns = 4;

    private int runs;
    private bool outranked;
    private Utf8Text owner;
    private Utf8Text ownerId; // under which the event of the owner is to stand

    /// <summary>The id under which it is to stand.</summary>
    public Utf8Text EventId { get; protected set; } = item.EventId;

    /// <summary>What became of it, once it is committed.</summary>
    public abstract Outcome Outcome { get; }

    /// <summary>Whether another visitor has its id, and keeps it.</summary>
    protected bool IsTaken { get; private set; }

    /// <summary>Prepares it to be submitted again, where it has changed nothing: its id is that of a trusted write, so that it takes one of its own, or a public event
    /// stands under the id of this trusted one, and is to get another. False where it is done.</summary>
    public bool TryPrepareRerun()
    {
        if (IsRefused || !(outranked || owner.IsPresent))
        {
            return false;
        }

        IsTaken = ++runs == MostRuns;
        EventId = outranked ? ServerIds.OfPublic(item.GlueUserId, EventId) : EventId;
        outranked = false;
        return !IsTaken;
    }

    /// <summary>Whether what it tells was not erased.</summary>
    protected bool Keeps(Tombstones? erased, long time, Utf8Text account, Utf8Text email, bool isClaim, bool isEvent)
    {
        if (erased?.Cover(item.GlueUserId, time, EventId, account, email, isClaim, isEvent) != true)
        {
            return true;
        }

        erased.CountDropped();
        return false;
    }

    public override void Bind(Binder values)
    {
        values.Set("user", item.GlueUserId);
        values.Set("event_id", EventId);
        values.Set("trusted", item.Provenance.Trusted);
        values.Set("source", item.Provenance.Source);
        values.Set("owner", owner);
        values.Set("owner_id", ownerId);
    }

    public override void Read(Row answer)
    {
        outranked = answer.Flag("outranked");
        IsTaken = answer.Flag("taken") && !outranked;

        // Anybody can compute the id of a public event, and take it in advance: then the event stands in the way once more.
        var inTheWay = IsTaken ? default : answer.Text("owner");
        ownerId = !inTheWay.IsPresent ? default : inTheWay == owner ? ServerIds.OfNobody() : ServerIds.OfPublic(inTheWay, EventId);
        owner = inTheWay;
    }
}
