using System.Text.Json;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Ingest;

/// <summary>The profile in a sync: what the browser itself knows about its visitor.</summary>
internal sealed class SyncProfile
{
    private const string Prefix = "data.profile.";

    // What the server alone decides; a browser that sends its copy of a profile back must not turn these into traits.
    private static readonly string[] ServerOwned =
    [
        "glue_user_id", "identified", "identified_at", "total_events", "total_sessions", "last_synced", "created_at", "updated_at",
    ];

    private readonly List<JsonMember> unknown = [];
    private readonly List<ProfileTouch> touches = [];
    private Utf8Text email;
    private JsonText? traits;
    private long? firstSeen;
    private long? lastSeen;

    public static SyncProfile Read(ref Utf8JsonReader reader, long received, Faults faults)
    {
        var profile = new SyncProfile();
        var fields = new JsonFields(Prefix, faults);
        while (fields.Next(ref reader))
        {
            profile.ReadField(ref reader, ref fields, received, faults);
        }

        JsonFields.CheckPatch(
            "data.profile",
            profile.unknown.Sum(member => 1 + member.Value.Keys),
            profile.unknown.Sum(member => member.Name.Length + member.Value.Utf8.Length),
            faults);

        return profile;
    }

    /// <summary>What the profile adds to the log: itself, where it says anything, and its touches.</summary>
    /// <param name="user">Whose profile it is.</param>
    /// <param name="syncId">The sync's own <c>event_id</c>, if it has one.</param>
    /// <param name="syncedAt">The time of the sync, in milliseconds since 1970.</param>
    /// <param name="received">When the request was received, in milliseconds since 1970.</param>
    public IEnumerable<IdentityWrite> ToWrites(Utf8Text user, Utf8Text syncId, long syncedAt, long received)
    {
        var members = TraitMembers();
        var hash = JsonText.Combine(
            JsonText.HashOf(email), JsonMember.Hash(members), (ulong)(firstSeen ?? -1), (ulong)(lastSeen ?? -1),
            touches.Aggregate(0UL, (sum, touch) => sum + touch.Hash));
        // Without an id of its own a sync is known by its time and content, so that its repetition adds nothing.
        var id = syncId.IsPresent ? syncId : Utf8Text.From($"sync_{syncedAt}_{hash:x16}");
        if (email.IsPresent || members.Count > 0 || firstSeen is not null || lastSeen is not null)
        {
            yield return ProfileWrite(members) with { Fingerprint = hash };
        }

        foreach (var touch in touches)
        {
            yield return TouchWrite(touch);
        }

        IdentityWrite ProfileWrite(List<JsonMember> traitMembers)
        {
            // Only an identification is a visit; a sync by itself is none.
            var visit = email.IsPresent ? syncedAt : (long?)null;
            return Row(IdentityKind.Sync, syncedAt) with
            {
                Email = email,
                Traits = traitMembers.Count == 0 ? default : JsonMember.Object(traitMembers),
                FirstSeen = Format(Least(firstSeen, lastSeen, visit)),
                LastSeen = Format(Greatest(firstSeen, lastSeen, visit)),
            };
        }

        IdentityWrite TouchWrite(ProfileTouch touch)
        {
            var fallback = touch.Kind == IdentityKind.FirstTouch ? firstSeen : lastSeen;
            return Row(touch.Kind, touch.Timestamp ?? fallback ?? syncedAt) with
            {
                // Known by its content: every later sync reports it again.
                EventId = touch.Timestamp is null ? id : Utf8Text.From($"touch_{touch.Hash:x16}"),
                Touch = touch.Touch.Json,
                TouchCounts = touch.Touch.Counts,
                Fingerprint = touch.Hash,
            };
        }

        IdentityWrite Row(IdentityKind kind, long time) => new()
        {
            GlueUserId = user,
            EventId = id,
            Kind = kind,
            Timestamp = Instants.Utf8(time),
            Received = Instants.Utf8(received),
        };
    }

    private static Utf8Text Format(long? instant) => instant is { } known ? Instants.Utf8(known) : default;

    private static long? Least(params ReadOnlySpan<long?> instants)
    {
        long? least = null;
        foreach (var instant in instants)
        {
            least = instant is null || least < instant ? least : instant;
        }

        return least;
    }

    private static long? Greatest(params ReadOnlySpan<long?> instants)
    {
        long? greatest = null;
        foreach (var instant in instants)
        {
            greatest = instant is null || greatest > instant ? greatest : instant;
        }

        return greatest;
    }

    // Unknown fields are traits; where traits itself has the same key, it stands.
    private List<JsonMember> TraitMembers()
    {
        var given = traits is { } known ? JsonMember.Of(known, Prefix + "traits", new Faults()) : [];
        var names = given.Select(member => member.Name).ToHashSet();
        return [.. unknown.Where(member => !names.Contains(member.Name)), .. given];
    }

    private void ReadField(ref Utf8JsonReader reader, ref JsonFields fields, long received, Faults faults)
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
            ReadAttribution(ref reader, ref fields, received, faults);
        }
        else if (IsServerOwned(ref reader))
        {
            fields.Skip(ref reader);
        }
        else
        {
            unknown.Add(JsonMember.Read(ref reader, "data.profile", faults));
        }
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

    private void ReadAttribution(ref Utf8JsonReader reader, ref JsonFields outer, long received, Faults faults)
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
                ReadTouch(ref reader, ref fields, "first_touch", IdentityKind.FirstTouch, received, faults);
            }
            else if (reader.ValueTextEquals("last_touch"u8))
            {
                ReadTouch(ref reader, ref fields, "last_touch", IdentityKind.LastTouch, received, faults);
            }
            else
            {
                fields.Skip(ref reader);
            }
        }
    }

    private void ReadTouch(
        ref Utf8JsonReader reader, ref JsonFields outer, string name, IdentityKind kind, long received, Faults faults)
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

        if (members.Sum(member => member.Name.Length + member.Value.Utf8.Length) > Limits.TouchBytes)
        {
            faults.Add($"{label} may have {Limits.TouchBytes} bytes at the most");
        }

        if (Touch.Of(members) is { } touch)
        {
            touches.Add(new ProfileTouch(kind, timestamp, touch, JsonText.Combine(JsonMember.Hash(members), (ulong)(timestamp ?? -1))));
        }
    }

    private sealed record ProfileTouch(IdentityKind Kind, long? Timestamp, Touch Touch, ulong Hash);
}
