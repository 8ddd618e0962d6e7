using DataGlue.Edge.Intake;
using DataGlue.Edge.Wire.Json;

namespace DataGlue.Edge.Wire.Glue;

/// <summary>Reads the body of POST /glue/sync.</summary>
internal sealed class SyncReader
{
    private readonly Receipt receipt;
    private readonly Faults faults;
    private readonly Faults parts = new(); // of what stands in data, which refuse nothing else
    private readonly List<Session> sessions = [];
    private readonly List<SyncedEvent> events = [];
    private bool hasData;
    private Profile? profile;
    private IReadOnlyList<JsonMember> dataOthers = [];

    private SyncReader(Receipt receipt, Faults faults) => (this.receipt, this.faults) = (receipt, faults);

    /// <summary>Reads a sync. Nothing inside its data is a fault of it: the browser would send the same again, for ever. The faults of an event stay with the
    /// event; what else does not fit is left out, with a warning.</summary>
    public static Sync Read(ref Utf8JsonReader reader, Receipt receipt, Faults faults) => new SyncReader(receipt, faults).Read(ref reader);

    private Sync Read(ref Utf8JsonReader reader)
    {
        Utf8Text user = default, eventId = default;
        long? syncedAt = null;
        var time = new Faults();
        var times = new JsonFields("", time);
        var fields = new JsonFields("", faults);
        while (fields.Next(ref reader))
        {
            switch (fields.Name)
            {
                case "glue_user_id": user = fields.ReadId(ref reader, "glue_user_id", isRequired: true); break;
                case "event_id": eventId = fields.ReadId(ref reader, "event_id"); break;
                case "synced_at": syncedAt = times.ReadInstant(ref reader, "synced_at", receipt.Received); break;
                case "data": ReadData(ref reader, ref fields); break;
                case "type": fields.Skip(ref reader); break;
                default: fields.Keep(ref reader); break;
            }
        }

        if (!user.IsPresent || !hasData)
        {
            Require(user.IsPresent, fields.Others);
        }

        faults.LeaveOutFaultsOf(time);
        faults.LeaveOutFaultsOf(parts);
        faults.LeaveOutOf(parts);

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
            Warnings = faults.Warnings,
        };
    }

    private void Require(bool hasUser, IReadOnlyList<JsonMember> others)
    {
        if (!hasData && others.FirstOrDefault(member => member.Name is "profile" or "sessions" or "events").Name is { } outside)
        {
            faults.AddFirst($"{outside} belongs inside data");
        }

        ItemReader.Require("glue_user_id and data are required", others, faults, ("glue_user_id", hasUser), ("data", hasData));
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
            hasData = !JsonFields.IsAbsent(ref reader);
            return;
        }

        hasData = true;
        var fields = new JsonFields("data.", parts);
        while (fields.Next(ref reader))
        {
            switch (fields.Name)
            {
                case "profile": profile = fields.EnterObject(ref reader, "profile") ? ProfileReader.Read(ref reader, receipt.Received, parts) : null; break;
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
            parts.Add($"{label} must be an object");
            return;
        }

        var start = reader;
        var before = parts.Count;
        var data = JsonText.Read(ref reader, label, parts);
        if (parts.Count > before)
        {
            return;
        }

        if (IdOf(start, "session_id") is { IsPresent: true } id || (id = IdOf(start, "id")).IsPresent)
        {
            sessions.Add(new Session(id, data.Text));
        }
        else
        {
            parts.Add($"{label} needs a session_id or id of 1 to {Limits.Id} characters");
        }
    }

    // One that is unfit is the client's own affair, as long as the session has another that says which it is. Reads on a copy of the reader: what is kept has
    // been mended, and an id is not.
    private static Utf8Text IdOf(Utf8JsonReader reader, string name)
    {
        var fields = new JsonFields("", new Faults());
        while (fields.Next(ref reader))
        {
            if (fields.Name.SequenceEqual(name))
            {
                return fields.ReadId(ref reader, name) is { Span.IsEmpty: false } id ? id : default;
            }

            reader.Skip();
        }

        return default;
    }

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
        if (own.None)
        {
            faults.LeaveOutOf(own, $"data.events[{index}].");
        }
    }
}
