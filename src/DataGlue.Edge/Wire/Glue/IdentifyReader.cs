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
            switch (fields.Name)
            {
                case "glue_user_id": user = fields.ReadText(ref reader, "glue_user_id", Limits.Id, required: true); break;
                case "email": email = fields.ReadText(ref reader, "email", Limits.Email, trim: true, required: true); break;
                case "traits": traits = fields.ReadPatch(ref reader, "traits"); break;
                case "context": context = fields.ReadObject(ref reader, "context"); break;
                case "event_id": eventId = fields.ReadText(ref reader, "event_id", Limits.Id); break;
                case "timestamp": timestamp = fields.ReadInstant(ref reader, "timestamp", receipt.Received); break;
                case "type": fields.Skip(ref reader); break;
                default: fields.Keep(ref reader); break;
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
            Provenance = receipt.Provenance,
            Timestamp = timestamp ?? receipt.Received,
            EventId = id,
            Email = email,
            Traits = traits,
            Context = context,
            Others = fields.Others,
        };
    }
}
