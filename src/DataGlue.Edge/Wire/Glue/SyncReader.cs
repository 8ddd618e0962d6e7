using DataGlue.Edge.Intake;
using DataGlue.Edge.Wire.Json;

namespace DataGlue.Edge.Wire.Glue;

/// <summary>Reads the body of POST /glue/sync.</summary>
internal sealed class SyncReader
{
    private readonly Receipt receipt;
    private readonly Faults faults;
    private readonly List<Session> sessions = [];
    private readonly List<SyncedEvent> events = [];
    private bool hasData;
    private Profile? profile;
    private IReadOnlyList<JsonMember> dataOthers = [];

    private SyncReader(Receipt receipt, Faults faults) => (this.receipt, this.faults) = (receipt, faults);

    /// <summary>Reads a sync. What does not fit is a fault of it, but the faults of an event stay with the event.</summary>
    public static Sync Read(ref Utf8JsonReader reader, Receipt receipt, Faults faults) => new SyncReader(receipt, faults).Read(ref reader);

    private Sync Read(ref Utf8JsonReader reader)
    {
        Utf8Text user = default, eventId = default;
        long? syncedAt = null;
        var fields = new JsonFields("", faults);
        while (fields.Next(ref reader))
        {
            switch (fields.Name)
            {
                case "glue_user_id": user = fields.ReadText(ref reader, "glue_user_id", Limits.Id, required: true); break;
                case "event_id": eventId = fields.ReadText(ref reader, "event_id", Limits.Id); break;
                case "synced_at": syncedAt = fields.ReadInstant(ref reader, "synced_at", receipt.Received); break;
                case "data": ReadData(ref reader, ref fields); break;
                case "type": fields.Skip(ref reader); break;
                default: fields.Keep(ref reader); break;
            }
        }

        if (!user.IsPresent || !hasData)
        {
            faults.AddFirst("glue_user_id and data are required");
        }

        if (faults.None && (!receipt.Fits(events.Count) || events.Exists(item => item.Track is { EventId.IsPresent: false })))
        {
            faults.Add(ItemReader.UnfitIds);
        }

        return new Sync
        {
            GlueUserId = user,
            Received = receipt.Received,
            Provenance = receipt.Provenance,
            Timestamp = syncedAt ?? receipt.Received,
            EventId = eventId,
            Profile = profile,
            Sessions = sessions,
            Events = [.. events.Select(item => OfUser(item, user))],
            DataOthers = dataOthers,
            Others = fields.Others,
        };
    }

    private static SyncedEvent OfUser(SyncedEvent item, Utf8Text user)
    {
        if (item.Track is not { } track)
        {
            return item;
        }

        return track.GlueUserId.Span.IsEmpty ? new SyncedEvent(track with { GlueUserId = user }, null)
            : track.GlueUserId == user ? item
            : new SyncedEvent(null, "glue_user_id must be that of the sync, or absent");
    }

    private void ReadData(ref Utf8JsonReader reader, ref JsonFields outer)
    {
        if (!outer.EnterObject(ref reader, "data"))
        {
            // A wrong type is a fault already and must not be called absent as well.
            hasData = reader.TokenType != JsonTokenType.Null;
            return;
        }

        hasData = true;
        var fields = new JsonFields("data.", faults);
        while (fields.Next(ref reader))
        {
            switch (fields.Name)
            {
                case "profile": profile = fields.EnterObject(ref reader, "profile") ? ProfileReader.Read(ref reader, receipt.Received, faults) : null; break;
                case "sessions": fields.ReadItems(ref reader, "sessions", ReadSession, Limits.SyncItems, "another sync"); break;
                case "events": fields.ReadItems(ref reader, "events", ReadEvent, Limits.SyncItems, "another sync"); break;
                default: fields.Keep(ref reader); break;
            }
        }

        dataOthers = fields.Others;
    }

    private void ReadSession(ref Utf8JsonReader reader, int index)
    {
        var label = $"data.sessions[{index}]";
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            faults.Add($"{label} must be an object");
            return;
        }

        var data = JsonText.Read(ref reader, label, faults);

        // An id of another type is the client's own affair as long as session_id says which session it is.
        var members = JsonMember.Of(data, label, faults);
        var id = Utf8Text.From(Text(members, "session_id") ?? Text(members, "id"));
        if (id.Span.IsEmpty || JsonFields.LongerThan(id, Limits.Id))
        {
            faults.Add($"{label} needs a session_id or id of 1 to {Limits.Id} characters");
        }

        sessions.Add(new Session(id, data.Text));
    }

    private static string? Text(List<JsonMember> members, string name) => members.Find(member => member.Name == name).Text;

    private void ReadEvent(ref Utf8JsonReader reader, int index)
    {
        if (receipt.IsLeftOut(index))
        {
            reader.Skip();
            events.Add(default);
            return;
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            events.Add(new SyncedEvent(null, "An event must be an object"));
            return;
        }

        var own = new Faults();
        var track = TrackReader.ReadSynced(ref reader, receipt.OfEvent(index), own);
        events.Add(own.None ? new SyncedEvent(track, null) : new SyncedEvent(null, own.ToString()));
    }
}
