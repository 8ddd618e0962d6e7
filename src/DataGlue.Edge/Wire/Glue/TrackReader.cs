using DataGlue.Edge.Intake;
using DataGlue.Edge.Wire.Json;

namespace DataGlue.Edge.Wire.Glue;

/// <summary>Reads the body of POST /glue/track, and each event of a sync.</summary>
internal static class TrackReader
{
    public static Track Read(ref Utf8JsonReader reader, Receipt receipt, Faults faults)
    {
        var track = Read(ref reader, receipt, synced: false, faults);
        if (faults.None && !track.EventId.IsPresent)
        {
            faults.Add(ItemReader.UnfitIds);
        }

        return track;
    }

    /// <summary>Reads an event of a sync, which says whose it is.</summary>
    public static Track ReadSynced(ref Utf8JsonReader reader, Receipt receipt, Faults faults) => Read(ref reader, receipt, synced: true, faults);

    private static Track Read(ref Utf8JsonReader reader, Receipt receipt, bool synced, Faults faults)
    {
        Utf8Text user = default, name = default, sessionId = default, email = default, userId = default, eventId = default;
        JsonText? properties = null, context = null;
        long? timestamp = null;
        var fields = new JsonFields("", faults);
        while (fields.Next(ref reader))
        {
            switch (fields.Name)
            {
                case "glue_user_id": user = fields.ReadId(ref reader, "glue_user_id", isRequired: !synced); break;
                case "event": name = fields.ReadText(ref reader, "event", Limits.EventName); break;
                case "session_id": sessionId = fields.ReadId(ref reader, "session_id"); break;
                case "email": email = fields.ReadEmail(ref reader, "email"); break;
                case "user_id": userId = fields.ReadId(ref reader, "user_id", trim: true); break;
                case "properties": properties = fields.ReadObject(ref reader, "properties"); break;
                case "context": context = fields.ReadObject(ref reader, "context"); break;
                case "event_id": eventId = fields.ReadId(ref reader, "event_id"); break;
                case "timestamp": timestamp = fields.ReadInstant(ref reader, "timestamp", receipt.Received); break;
                case "type": fields.Skip(ref reader); break;
                default: fields.Keep(ref reader); break;
            }
        }

        if (synced && !name.IsPresent)
        {
            faults.AddFirst("event is required");
        }
        else if (!name.IsPresent || (!user.IsPresent && !synced))
        {
            ItemReader.Require("glue_user_id and event are required", fields.Others, faults, ("glue_user_id", user.IsPresent), ("event", name.IsPresent));
        }

        return new Track
        {
            GlueUserId = user,
            Received = receipt.Received,
            Provenance = receipt.Provenance,
            Timestamp = timestamp ?? receipt.Received,
            EventId = eventId.IsPresent || !faults.None ? eventId : receipt.NewEventId(),
            ServerMade = !eventId.IsPresent,
            Event = name,
            SessionId = sessionId,
            Email = email,
            UserId = userId,
            Properties = properties ?? JsonText.EmptyObject,
            Context = context is { IsEmptyObject: false } ? context : null,
            Others = fields.Others,
            Warnings = faults.Warnings,
        };
    }
}
