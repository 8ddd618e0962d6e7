using DataGlue.Edge.Intake;
using DataGlue.Edge.Wire.Json;

namespace DataGlue.Edge.Wire.Glue;

/// <summary>Reads the body of POST /glue/identify.</summary>
internal static class IdentifyReader
{
    public static Identify Read(ref Utf8JsonReader reader, Receipt receipt, Faults faults)
    {
        Utf8Text user = default, email = default, userId = default, signature = default, eventId = default;
        JsonText? traits = null, context = null;
        long? timestamp = null;
        var fields = new JsonFields("", faults);
        var person = new Faults(); // of the e-mail and the user_id, one of which is required
        var names = new JsonFields("", person);
        while (fields.Next(ref reader))
        {
            switch (fields.Name)
            {
                case "glue_user_id": user = fields.ReadId(ref reader, "glue_user_id", isRequired: true); break;
                case "email": email = names.ReadEmail(ref reader, "email"); break;
                case "user_id": userId = names.ReadId(ref reader, "user_id", trim: true); break;
                case "signature": signature = fields.ReadText(ref reader, "signature", Limits.Signature); break;
                case "traits": traits = fields.ReadTraits(ref reader, "traits"); break;
                case "context": context = fields.ReadObject(ref reader, "context"); break;
                case "event_id": eventId = fields.ReadId(ref reader, "event_id"); break;
                case "timestamp": timestamp = fields.ReadInstant(ref reader, "timestamp", receipt.Received); break;
                case "type": fields.Skip(ref reader); break;
                default: fields.Keep(ref reader); break;
            }
        }

        faults.AddFaultsOf(person);
        var isNamed = email.IsPresent || userId.IsPresent;
        if (isNamed)
        {
            faults.LeaveOutOf(person);
        }
        else
        {
            faults.AddLeftOutOf(person);
        }

        if (!user.IsPresent || !isNamed)
        {
            // What stands for nobody, or has not the form of an e-mail, is not missing.
            ItemReader.Require(
                "glue_user_id and email are required", fields.Others, faults,
                ("glue_user_id", user.IsPresent), ("email (or user_id)", isNamed || person.Warnings.Count > 0));
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
            UserId = userId,
            Signature = signature,
            Traits = traits,
            Context = context,
            Others = fields.Others,
            Warnings = faults.Warnings,
        };
    }
}
