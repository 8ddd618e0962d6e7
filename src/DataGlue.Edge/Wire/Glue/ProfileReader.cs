using System.Text.Json;
using DataGlue.Edge.Intake;
using DataGlue.Edge.Model;
using DataGlue.Edge.Wire.Json;

namespace DataGlue.Edge.Wire.Glue;

/// <summary>Reads the profile in a sync. Times must not lie more than a day behind <paramref name="received"/>, in milliseconds since 1970.</summary>
internal sealed class ProfileReader(long received, Faults faults)
{
    private const string Prefix = "data.profile.";

    // What the server alone decides; a browser that sends its copy of a profile back must not turn these into traits.
    private static readonly string[] ServerOwned =
    [
        "glue_user_id", "identified", "identified_at", "total_events", "total_sessions", "last_synced", "created_at", "updated_at",
    ];

    private readonly List<JsonMember> others = [];
    private readonly List<ProfileTouch> touches = [];

    public static Profile Read(ref Utf8JsonReader reader, long received, Faults faults) => new ProfileReader(received, faults).Read(ref reader);

    private Profile Read(ref Utf8JsonReader reader)
    {
        Utf8Text email = default;
        JsonText? traits = null;
        long? firstSeen = null, lastSeen = null;
        var fields = new JsonFields(Prefix, faults);
        while (fields.Next(ref reader))
        {
            if (reader.ValueTextEquals("email"u8))
            {
                email = fields.ReadText(ref reader, "email", Limits.Email, trim: true, required: true);
            }
            else if (reader.ValueTextEquals("traits"u8))
            {
                traits = fields.ReadPatch(ref reader, "traits");
            }
            else if (reader.ValueTextEquals("first_seen"u8))
            {
                firstSeen = fields.ReadInstant(ref reader, "first_seen", received);
            }
            else if (reader.ValueTextEquals("last_seen"u8))
            {
                lastSeen = fields.ReadInstant(ref reader, "last_seen", received);
            }
            else if (reader.ValueTextEquals("attribution"u8))
            {
                ReadAttribution(ref reader, ref fields);
            }
            else if (IsServerOwned(ref reader))
            {
                fields.Skip(ref reader);
            }
            else
            {
                others.Add(JsonMember.Read(ref reader, "data.profile", faults));
            }
        }

        JsonFields.CheckPatch("data.profile", others.Sum(member => 1 + member.Value.Keys), JsonMember.SizeOf(others), faults);
        return new Profile { Email = email, Traits = traits, Others = others, FirstSeen = firstSeen, LastSeen = lastSeen, Touches = touches };
    }

    private static bool IsServerOwned(ref Utf8JsonReader reader)
    {
        foreach (var name in ServerOwned)
        {
            if (reader.ValueTextEquals(name))
            {
                return true;
            }
        }

        return false;
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
            if (reader.ValueTextEquals("first_touch"u8))
            {
                ReadTouch(ref reader, ref fields, "first_touch", IdentityKind.FirstTouch);
            }
            else if (reader.ValueTextEquals("last_touch"u8))
            {
                ReadTouch(ref reader, ref fields, "last_touch", IdentityKind.LastTouch);
            }
            else
            {
                fields.Skip(ref reader);
            }
        }
    }

    private void ReadTouch(ref Utf8JsonReader reader, ref JsonFields outer, string name, Utf8Text kind)
    {
        if (!outer.EnterObject(ref reader, name))
        {
            return;
        }

        long? timestamp = null;
        var members = new List<JsonMember>();
        var label = $"{Prefix}attribution.{name}";
        var fields = new JsonFields(label + ".", faults);
        while (fields.Next(ref reader))
        {
            if (reader.ValueTextEquals("timestamp"u8))
            {
                timestamp = fields.ReadInstant(ref reader, "timestamp", received);
            }
            else
            {
                members.Add(JsonMember.Read(ref reader, label, faults));
            }
        }

        if (JsonMember.SizeOf(members) > Limits.TouchBytes)
        {
            faults.Add($"{label} may have {Limits.TouchBytes} bytes at the most");
        }

        if (Touch.Of(members) is { } touch)
        {
            touches.Add(new ProfileTouch(kind, timestamp, members, touch));
        }
    }
}
