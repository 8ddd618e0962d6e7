using System.Text.Json;
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
        Utf8Text user = default, name = default, sessionId = default, email = default, eventId = default;
        JsonText? properties = null, context = null;
        long? timestamp = null;
        var fields = new JsonFields("", faults);
        while (fields.Next(ref reader))
        {
            if (reader.ValueTextEquals("glue_user_id"u8))
            {
                user = fields.ReadText(ref reader, "glue_user_id", Limits.Id, required: true);
            }
            else if (reader.ValueTextEquals("event"u8))
            {
                name = fields.ReadText(ref reader, "event", Limits.EventName, required: true);
            }
            else if (reader.ValueTextEquals("session_id"u8))
            {
                sessionId = fields.ReadText(ref reader, "session_id", Limits.Id);
            }
            else if (reader.ValueTextEquals("email"u8))
            {
                email = fields.ReadText(ref reader, "email", Limits.Email, trim: true);
            }
            else if (reader.ValueTextEquals("properties"u8))
            {
                properties = fields.ReadObject(ref reader, "properties");
            }
            else if (reader.ValueTextEquals("context"u8))
            {
                context = fields.ReadObject(ref reader, "context");
            }
            else if (reader.ValueTextEquals("event_id"u8))
            {
                eventId = fields.ReadText(ref reader, "event_id", Limits.Id);
            }
            else if (reader.ValueTextEquals("timestamp"u8))
            {
                timestamp = fields.ReadInstant(ref reader, "timestamp", receipt.Received);
            }
            else if (reader.ValueTextEquals("type"u8))
            {
                fields.Skip(ref reader);
            }
            else
            {
                fields.Keep(ref reader);
            }
        }

        if (!name.IsPresent || (!user.IsPresent && !synced))
        {
            faults.AddFirst(synced ? "event is required" : "glue_user_id and event are required");
        }

        return new Track
        {
            GlueUserId = user,
            Received = receipt.Received,
            Timestamp = timestamp ?? receipt.Received,
            EventId = eventId.IsPresent || !faults.None ? eventId : receipt.NewEventId(),
            ServerMade = !eventId.IsPresent,
            Event = name,
            SessionId = sessionId,
            Email = email,
            Properties = properties ?? JsonText.EmptyObject,
            Context = context is { IsEmptyObject: false } ? context : null,
            Others = fields.Others,
        };
    }
}
