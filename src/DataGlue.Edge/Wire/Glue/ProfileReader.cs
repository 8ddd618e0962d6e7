using DataGlue.Edge.Intake;
using DataGlue.Edge.Wire.Json;

namespace DataGlue.Edge.Wire.Glue;

/// <summary>Reads the profile in a sync; each part that has a fault is left out. Times must not lie more than a day behind <paramref name="received"/>, in
/// milliseconds since 1970.</summary>
internal sealed class ProfileReader(long received, Faults faults)
{
    private const string Prefix = "data.profile.";
    private readonly List<ProfileTouch> touches = [];
    private IReadOnlyList<JsonMember> attributionOthers = [];

    public static Profile Read(ref Utf8JsonReader reader, long received, Faults faults) => new ProfileReader(received, faults).Read(ref reader);

    private Profile Read(ref Utf8JsonReader reader)
    {
        Utf8Text email = default, userId = default;
        JsonText? traits = null;
        long? firstSeen = null, lastSeen = null;
        var fields = new JsonFields(Prefix, faults);
        while (fields.Next(ref reader))
        {
            switch (fields.Name)
            {
                case "email": email = fields.ReadEmail(ref reader, "email"); break;
                case "user_id": userId = fields.ReadId(ref reader, "user_id", trim: true); break;
                case "traits": traits = fields.ReadTraits(ref reader, "traits"); break;
                case "first_seen": firstSeen = fields.ReadInstant(ref reader, "first_seen", received); break;
                case "last_seen": lastSeen = fields.ReadInstant(ref reader, "last_seen", received); break;
                case "attribution": ReadAttribution(ref reader, ref fields); break;
                // The server alone decides these; a browser that sends its copy of a profile back must not turn them into traits.
                case "glue_user_id" or "identified" or "identified_at" or "total_events" or "total_sessions" or "last_synced" or "created_at" or "updated_at":
                    fields.Skip(ref reader); break;
                default: fields.Keep(ref reader); break;
            }
        }

        var others = fields.Others;
        var isFit = JsonFields.CheckTraits("data.profile", others.Sum(member => 1 + member.Value.Keys), JsonMember.SizeOf(others), faults);
        return new Profile
        {
            Email = email.Span.IsEmpty ? default : email,
            UserId = userId.Span.IsEmpty ? default : userId,
            Traits = traits,
            Others = isFit ? others : [],
            FirstSeen = firstSeen,
            LastSeen = lastSeen,
            Touches = touches,
            AttributionOthers = attributionOthers,
        };
    }

    private void ReadAttribution(ref Utf8JsonReader reader, ref JsonFields outer)
    {
        if (!outer.EnterObject(ref reader, "attribution"))
        {
            return;
        }

        var fields = new JsonFields(Prefix + "attribution.", faults);
        while (fields.Next(ref reader))
        {
            switch (fields.Name)
            {
                case "first_touch": ReadTouch(ref reader, ref fields, "first_touch", isFirst: true); break;
                case "last_touch": ReadTouch(ref reader, ref fields, "last_touch", isFirst: false); break;
                default: fields.Keep(ref reader); break;
            }
        }

        attributionOthers = fields.Others;
    }

    private void ReadTouch(ref Utf8JsonReader reader, ref JsonFields outer, string name, bool isFirst)
    {
        if (!outer.EnterObject(ref reader, name))
        {
            return;
        }

        long? timestamp = null;
        var label = $"{Prefix}attribution.{name}";
        var fields = new JsonFields(label + ".", faults);
        while (fields.Next(ref reader))
        {
            switch (fields.Name)
            {
                case "timestamp": timestamp = fields.ReadInstant(ref reader, "timestamp", received); break;
                default: fields.Keep(ref reader); break;
            }
        }

        if (JsonMember.SizeOf(fields.Others) > Limits.TouchBytes)
        {
            faults.Add($"{label} must have at most {Limits.TouchBytes} bytes");
            return;
        }

        touches.Add(new ProfileTouch(isFirst, timestamp, fields.Others));
    }
}
