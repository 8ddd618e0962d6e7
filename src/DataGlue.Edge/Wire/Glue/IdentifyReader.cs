using System.Text.Json;
using DataGlue.Edge.Intake;
using DataGlue.Edge.Wire.Json;

namespace DataGlue.Edge.Wire.Glue;

/// <summary>Reads the body of POST /glue/identify.</summary>
internal static class IdentifyReader
{
    public static Identify Read(ref Utf8JsonReader reader, Receipt receipt, Faults faults)
    {
        Utf8Text user = default, email = default, eventId = default;
        JsonText? traits = null, context = null;
        long? timestamp = null;
        var fields = new JsonFields("", faults);
        while (fields.Next(ref reader))
        {
            if (reader.ValueTextEquals("glue_user_id"u8))
            {
                user = fields.ReadText(ref reader, "glue_user_id", Limits.Id, required: true);
            }
            else if (reader.ValueTextEquals("email"u8))
            {
                email = fields.ReadText(ref reader, "email", Limits.Email, trim: true, required: true);
            }
            else if (reader.ValueTextEquals("traits"u8))
            {
                traits = fields.ReadPatch(ref reader, "traits");
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

        if (!user.IsPresent || !email.IsPresent)
        {
            faults.AddFirst("glue_user_id and email are required");
        }

        var id = eventId.IsPresent || !faults.None ? eventId : receipt.NewIdentificationId();
        if (faults.None && !id.IsPresent)
        {
            faults.Add(ItemReader.UnfitIds);
        }

        return new Identify
        {
            GlueUserId = user,
            Received = receipt.Received,
            Timestamp = timestamp ?? receipt.Received,
            EventId = id,
            Email = email,
            Traits = traits,
            Context = context,
            Others = fields.Others,
        };
    }
}
