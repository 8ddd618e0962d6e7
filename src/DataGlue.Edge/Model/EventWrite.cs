using DataGlue.Edge.Intake;
using DataGlue.Edge.Storage;
using DataGlue.Edge.Wire.Json;

namespace DataGlue.Edge.Model;

/// <summary>A row of <c>events</c>, and what it adds to the profile of its visitor.</summary>
internal sealed class EventWrite : LogWrite
{
    private readonly Track track;
    private readonly bool isClaim;
    private readonly Tombstones? erased;
    private readonly Touch? touch;
    private readonly Page page;
    private readonly Client client;
    private readonly ulong fingerprint;

    private OutcomeStatus status;
    private Utf8Text standsAs;

    /// <param name="isClaim">Whether the e-mail and the account that the event itself carries join nobody.</param>
    /// <param name="erased">What must not come back; null where nothing was erased.</param>
    public EventWrite(Track track, bool isClaim, IgnoredReferrers ignored, Tombstones? erased = null)
        : base("event", track)
    {
        (this.track, this.isClaim, this.erased) = (track, isClaim, erased);
        var read = new ContextReader(track.Context, track.Properties);
        (touch, page, client) = (Touch.Of(read, ignored), read.Page, read.ClientOf(track.Provenance.Client));
        fingerprint = FingerprintOf(track.GlueUserId, track.Timestamp, track.SessionId, track.Event, track.Properties);
    }

    public override Outcome Outcome => IsRefused ? Outcome.RefusedByOwner : IsTaken ? Outcome.IdTaken : new Outcome(status) { EventId = standsAs.Or(EventId) };

    public override bool Applies => Keeps(erased, track.Timestamp, track.UserId, track.Email, isClaim, isEvent: true);

    public override long Size => track.Properties.Utf8.Length + (track.Context?.Utf8.Length ?? 0) + (touch?.Json.Span.Length ?? 0);

    /// <summary>What makes two reports the same event. It is stored.</summary>
    /// <param name="timestamp">In milliseconds since 1970.</param>
    public static ulong FingerprintOf(Utf8Text user, long timestamp, Utf8Text session, Utf8Text name, JsonText properties) =>
        JsonText.Combine(JsonText.HashOf(user), (ulong)timestamp, JsonText.HashOf(session), JsonText.HashOf(name), properties.Hash);

    public override void Bind(Binder values)
    {
        base.Bind(values);
        values.Set("server_made", track.ServerMade);
        values.Set("session_id", track.SessionId);
        values.Set("event", track.Event);
        values.SetInstant("timestamp", track.Timestamp);
        values.Set("properties", track.Properties.Text);

        // Of somebody else's event only the e-mail is erased.
        var email = erased?.CoverEmail(track.Email, track.Timestamp, EventId) == true ? default : track.Email;
        var emailKey = EmailKey.Of(email);
        values.Set("email", email);
        values.Set("email_key", emailKey);
        values.Set("account", track.UserId);
        values.Set("name", isClaim ? default : PersonName.Of(track.UserId, emailKey));
        values.Set("claim", isClaim && (track.Email.IsPresent || track.UserId.IsPresent));
        values.Set("context", track.Context?.Text ?? default);
        values.Set("touch", touch?.Json ?? default);
        values.Set("touch_counts", touch?.Counts ?? false);
        values.Set("fingerprint", fingerprint);
        values.SetInstant("received", track.Received);
        values.Set("host", page.Host);
        values.Set("path", page.Path);
        values.Set(client);
    }

    public override void Read(Row answer)
    {
        base.Read(answer);
        standsAs = answer.Text("stands_as");
        status = answer.Flag("known") || standsAs.IsPresent ? OutcomeStatus.Duplicate : OutcomeStatus.Stored;
    }
}
