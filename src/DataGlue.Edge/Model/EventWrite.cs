using DataGlue.Edge.Intake;
using DataGlue.Edge.Storage;
using DataGlue.Edge.Wire.Json;

namespace DataGlue.Edge.Model;

/// <summary>A row of <c>events</c>, and what it adds to the profile of its visitor.</summary>
internal sealed class EventWrite(Track track, IgnoredReferrers ignored) : Write(track.ServerMade ? "event_live" : "event", hasShortcut: true)
{
    private readonly Touch? touch = Touch.Of(track.Context, track.Properties, ignored);
    private readonly Utf8Text timestamp = Instants.Utf8(track.Timestamp);
    private readonly Utf8Text received = Instants.Utf8(track.Received);

    // What makes two reports the same event. It is stored, so it must never change.
    private readonly ulong fingerprint = JsonText.Combine(
        JsonText.HashOf(track.GlueUserId), (ulong)track.Timestamp, JsonText.HashOf(track.SessionId), JsonText.HashOf(track.Event), track.Properties.Hash);

    private OutcomeStatus status;
    private Utf8Text syncedAs;

    public Outcome Outcome => IsRefused ? Outcome.RefusedByOwner : status switch
    {
        OutcomeStatus.Rejected => Outcome.IdTaken,
        _ => new Outcome(status) { EventId = syncedAs.Or(track.EventId) },
    };

    public override void Bind(Binder values)
    {
        values.Set("user", track.GlueUserId);
        values.Set("event_id", track.EventId);
        values.Set("session_id", track.SessionId);
        values.Set("event", track.Event);
        values.Set("timestamp", timestamp);
        values.Set("properties", track.Properties.Text);
        values.Set("email", track.Email);
        values.Set("context", track.Context?.Text ?? default);
        values.Set("touch", touch?.Json ?? default);
        values.Set("touch_counts", touch?.Counts ?? false);
        values.Set("fingerprint", fingerprint);
        values.Set("received", received);
    }

    public override void Read(Row answer)
    {
        syncedAs = answer.Text("synced_as");
        status = answer.Flag("stolen") ? OutcomeStatus.Rejected
            : answer.Flag("known") || answer.Has("claimed") || syncedAs.IsPresent ? OutcomeStatus.Duplicate
            : OutcomeStatus.Stored;
    }
}
