namespace DataGlue.Edge.Journeys;

/// <summary>The JSON of a profile and of an event. Stored JSON is copied without being parsed.</summary>
internal static class JourneyJson
{
    public static void WriteProfile(Utf8JsonWriter json, ProfileRow row)
    {
        json.WriteStartObject();
        json.WriteString("glue_user_id", row.GlueUserId);
        json.WriteString("email", row.Email);
        if (row.UserId is not null)
        {
            json.WriteString("user_id", row.UserId);
        }

        WriteObject(json, "traits", row.Traits);
        json.WriteStartObject("attribution");
        WriteTouch(json, "first_touch", row.FirstTouch, row);
        WriteTouch(json, "last_touch", row.LastTouch ?? row.FirstTouch, row);
        json.WriteEndObject();
        json.WriteString("first_seen", Instants.Normalize(row.FirstSeen));
        json.WriteString("last_seen", Instants.Normalize(row.LastSeen));
        json.WriteBoolean("identified", row.Identified != 0);
        json.WriteString("identified_at", Instants.Normalize(row.IdentifiedAt));
        json.WriteNumber("total_events", row.TotalEvents);
        json.WriteNumber("total_sessions", row.TotalSessions);
        json.WriteString("last_synced", Instants.Normalize(row.LastSynced));
        json.WriteString("created_at", Instants.Normalize(row.CreatedAt));
        json.WriteString("updated_at", Instants.Normalize(row.UpdatedAt));
        json.WriteEndObject();
    }

    public static void WriteEvent(Utf8JsonWriter json, EventRow row)
    {
        json.WriteStartObject();
        json.WriteString("event_id", row.EventId);
        json.WriteString("glue_user_id", row.GlueUserId);
        json.WriteString("session_id", row.SessionId);
        json.WriteString("email", row.Email);
        json.WriteString("event", row.Name);
        WriteObject(json, "properties", row.Properties);
        WriteObject(json, "context", row.Context);
        json.WriteString("timestamp", Instants.Normalize(row.Timestamp));
        json.WriteString("created_at", Instants.Normalize(row.CreatedAt));
        json.WriteString("user_id", row.UserId);
        json.WriteBoolean("trusted", row.Trusted != 0);
        json.WriteString("source", row.Source);
        if (row.Claim != 0)
        {
            json.WriteBoolean("claim", true);
        }

        json.WriteEndObject();
    }

    public static void WriteIdentification(Utf8JsonWriter json, IdentificationRow row)
    {
        json.WriteStartObject();
        json.WriteString("event_id", row.EventId);
        json.WriteString("timestamp", Instants.Normalize(row.Timestamp));
        json.WriteString("glue_user_id", row.GlueUserId);
        json.WriteString("email", row.Email);
        json.WriteString("user_id", row.UserId);
        json.WriteBoolean("trusted", row.Trusted != 0);
        json.WriteString("source", row.Source);
        json.WriteBoolean("claim", row.Claim != 0);
        json.WriteEndObject();
    }

    private static void WriteTouch(Utf8JsonWriter json, string name, string? touch, ProfileRow row)
    {
        if (touch is not null)
        {
            WriteObject(json, name, touch);
            return;
        }

        json.WriteStartObject(name);
        json.WriteString("timestamp", Instants.Normalize(row.FirstSeen));
        json.WriteEndObject();
    }

    // The database has checked what it stores; only an older sqlite3 stops checking at a NUL.
    private static void WriteObject(Utf8JsonWriter json, string name, string? stored)
    {
        var end = stored?.IndexOf('\0', StringComparison.Ordinal) ?? -1;
        json.WritePropertyName(name);
        json.WriteRawValue(stored is null ? "{}" : stored.AsSpan(0, end < 0 ? stored.Length : end), skipInputValidation: true);
    }
}
