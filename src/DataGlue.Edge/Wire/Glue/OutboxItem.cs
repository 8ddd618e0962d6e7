using System.Buffers;
using DataGlue.Edge.Intake;
using DataGlue.Edge.Wire.Json;

namespace DataGlue.Edge.Wire.Glue;

/// <summary>An item as an edge keeps and relays it: what it is, its receipt, and the item as the glue wire has it, whichever wire it came by.</summary>
internal static class OutboxItem
{
    /// <summary>How deep it may nest.</summary>
    public const int Depth = JsonBody.MaxDepth + 1;

    private static readonly JsonWriterOptions Options = new() { Encoder = ServerJson.Encoder, SkipValidation = true };

    public static Utf8Text Write(Item item)
    {
        var output = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(output, Options);
        json.WriteStartObject();
        json.WriteString("type", item switch { Track => ItemReader.Track, Identify => ItemReader.Identify, _ => ItemReader.Sync });
        json.WriteNumber("received", item.Received);
        WriteProvenance(json, item.Provenance);
        WriteMadeIds(json, item);
        json.WriteStartObject("item");
        WriteText(json, "glue_user_id", item.GlueUserId);
        WriteFields(json, item);
        WriteMembers(json, item.Others);
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return new Utf8Text(output.WrittenSpan.ToArray());
    }

    /// <param name="latest">The latest time of receipt that is believed: an edge's clock may be ahead.</param>
    public static ReadItem Read(ReadOnlySpan<byte> text, long latest = long.MaxValue)
    {
        var faults = new Faults();
        Utf8Text type = default, source = default, eventId = default;
        long? received = null;
        var trusted = false;
        var client = default(Client);
        Range? item = null;
        var eventIds = new List<Utf8Text>();
        JsonBody.Read(
            text,
            faults,
            (ref reader) =>
            {
                var fields = new JsonFields("", faults);
                while (fields.Next(ref reader))
                {
                    switch (fields.Name)
                    {
                        case "type": type = fields.ReadText(ref reader, "type", Limits.Id); break;
                        case "received": received = ReadTime(ref reader); break;
                        case "trusted": trusted = fields.ReadFlag(ref reader, "trusted"); break;
                        case "source": source = fields.ReadText(ref reader, "source", Limits.Id); break;
                        case "client": client = ReadClient(ref reader); break;
                        case "event_id": eventId = fields.ReadText(ref reader, "event_id", Limits.Id); break;
                        case "event_ids": fields.ReadItems(ref reader, "event_ids", (ref reader, _) => eventIds.Add(ReadId(ref reader))); break;
                        case "item": reader.Read(); item = JsonFields.PlaceOf(ref reader); break;
                        default: fields.Skip(ref reader); break;
                    }
                }

                return eventIds;
            },
            Depth);
        if (faults.None && (!type.IsPresent || received is null || item is null))
        {
            faults.Add("A relayed item needs type, received and item");
        }

        // The item is read at the end: what stands beside it says how.
        ReadItem read = default;
        if (faults.None)
        {
            var provenance = new Provenance(trusted, source.Or(Provenance.Page.Source)) { Client = client };
            JsonBody.Read(
                text[item!.Value],
                faults,
                (ref reader) =>
                {
                    read = ItemReader.Read(ref reader, type.ToString(), new Receipt(Math.Min(received!.Value, latest), provenance, eventId, eventIds));
                    return eventIds;
                });
        }

        return faults.None ? read : new ReadItem(null, faults.ToString());
    }

    // What is no text is no id; the event that needs one then says so.
    private static Utf8Text ReadId(ref Utf8JsonReader reader)
    {
        var id = reader.TokenType == JsonTokenType.String ? JsonText.ReadString(ref reader) : null;
        reader.Skip();
        return Utf8Text.From(id);
    }

    // That of a machine whose clock is in 1970 as well.
    private static long? ReadTime(ref Utf8JsonReader reader) =>
        JsonFields.ReadInteger(ref reader) is { } time && time >= 0 && time <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() ? time : null;

    // A public page is what most items come from.
    private static void WriteProvenance(Utf8JsonWriter json, Provenance provenance)
    {
        if (provenance.Trusted)
        {
            json.WriteBoolean("trusted", true);
        }

        if (provenance.Source != Provenance.Page.Source)
        {
            WriteText(json, "source", provenance.Source);
        }

        if (provenance.Client != default)
        {
            json.WriteStartObject("client");
            WriteText(json, "device", provenance.Client.Device);
            WriteText(json, "browser", provenance.Client.Browser);
            WriteText(json, "os", provenance.Client.Os);
            WriteText(json, "country", provenance.Client.Country);
            json.WriteBoolean("bot", provenance.Client.IsBot);
            json.WriteEndObject();
        }
    }

    // What is not as an edge writes it is not known.
    private static Client ReadClient(ref Utf8JsonReader reader)
    {
        string? device = null, browser = null, os = null, country = null;
        var isBot = false;
        reader.Read();
        Span<char> buffer = stackalloc char[JsonMembers.MaxName];
        for (var isFirst = true; JsonMembers.Next(ref reader, ref isFirst, buffer, out var length);)
        {
            switch (buffer[..length])
            {
                case "device": device = JsonMembers.Scalar(ref reader); break;
                case "browser": browser = JsonMembers.Scalar(ref reader); break;
                case "os": os = JsonMembers.Scalar(ref reader); break;
                case "country": country = JsonMembers.Scalar(ref reader); break;
                case "bot": isBot = reader.TokenType == JsonTokenType.True; break;
            }
        }

        reader.Skip();
        return new Client(Client.Part(device), Client.Part(browser), Client.Part(os), Client.CountryOf(country), isBot);
    }

    private static void WriteMadeIds(Utf8JsonWriter json, Item item)
    {
        if (item is Track { ServerMade: true })
        {
            WriteText(json, "event_id", item.EventId);
        }

        if (item is not Sync { Events.Count: > 0 } sync)
        {
            return;
        }

        json.WriteStartArray("event_ids");
        foreach (var track in sync.Events.Select(synced => synced.Track))
        {
            // Without a text the value is null: the event has brought its own id.
            json.WriteStringValue(track is { ServerMade: false } ? null : (track?.EventId ?? Receipt.LeftOut).ToString());
        }

        json.WriteEndArray();
    }

    private static void WriteFields(Utf8JsonWriter json, Item item)
    {
        switch (item)
        {
            case Track track:
                WriteTrack(json, track);
                break;
            case Identify identify:
                WriteText(json, "event_id", identify.EventId);
                WriteText(json, "email", identify.Email);
                WriteText(json, "user_id", identify.UserId);
                WriteText(json, "signature", identify.Signature);
                WriteJson(json, "traits", identify.Traits);
                WriteJson(json, "context", identify.Context);
                WriteTime(json, "timestamp", identify);
                break;
            case Sync sync:
                WriteText(json, "event_id", sync.EventId);
                WriteTime(json, "synced_at", sync);
                WriteData(json, sync);
                break;
        }
    }

    private static void WriteTrack(Utf8JsonWriter json, Track track)
    {
        WriteText(json, "event", track.Event);
        WriteText(json, "event_id", track.ServerMade ? default : track.EventId);
        WriteText(json, "session_id", track.SessionId);
        WriteText(json, "email", track.Email);
        WriteText(json, "user_id", track.UserId);
        WriteJson(json, "properties", track.Properties.IsEmptyObject ? null : track.Properties);
        WriteJson(json, "context", track.Context);
        WriteTime(json, "timestamp", track);
    }

    private static void WriteData(Utf8JsonWriter json, Sync sync)
    {
        json.WriteStartObject("data");
        if (sync.Profile is { } profile)
        {
            WriteProfile(json, profile);
        }

        json.WriteStartArray("sessions");
        foreach (var session in sync.Sessions)
        {
            json.WriteRawValue(session.Data.Span, skipInputValidation: true);
        }

        json.WriteEndArray();
        json.WriteStartArray("events");
        foreach (var track in sync.Events.Select(synced => synced.Track))
        {
            if (track is null)
            {
                // Keeps the place of one that the edge has rejected.
                json.WriteNullValue();
                continue;
            }

            json.WriteStartObject();
            WriteTrack(json, track);
            WriteMembers(json, track.Others);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteMembers(json, sync.DataOthers);
        json.WriteEndObject();
    }

    private static void WriteProfile(Utf8JsonWriter json, Profile profile)
    {
        json.WriteStartObject("profile");
        WriteText(json, "email", profile.Email);
        WriteText(json, "user_id", profile.UserId);
        WriteJson(json, "traits", profile.Traits);
        WriteTime(json, "first_seen", profile.FirstSeen);
        WriteTime(json, "last_seen", profile.LastSeen);
        json.WriteStartObject("attribution");
        foreach (var touch in profile.Touches)
        {
            json.WriteStartObject(touch.IsFirst ? "first_touch" : "last_touch");
            WriteMembers(json, touch.Members);
            WriteTime(json, "timestamp", touch.Timestamp);
            json.WriteEndObject();
        }

        WriteMembers(json, profile.AttributionOthers);
        json.WriteEndObject();
        WriteMembers(json, profile.Others);
        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, string name, Utf8Text text)
    {
        if (text.IsPresent)
        {
            json.WriteString(name, text.Span);
        }
    }

    private static void WriteJson(Utf8JsonWriter json, string name, JsonText? value)
    {
        if (value is { } known)
        {
            json.WritePropertyName(name);
            json.WriteRawValue(known.Utf8, skipInputValidation: true);
        }
    }

    // The time of receipt is that of the item where it says no other.
    private static void WriteTime(Utf8JsonWriter json, string name, Item item) => WriteTime(json, name, item.Timestamp == item.Received ? null : item.Timestamp);

    private static void WriteTime(Utf8JsonWriter json, string name, long? time)
    {
        if (time is >= Instants.LeastNumber and { } known)
        {
            json.WriteNumber(name, known);
        }
        else if (time is { } early)
        {
            json.WriteString(name, Instants.Utf8(early).Span);
        }
    }

    private static void WriteMembers(Utf8JsonWriter json, IReadOnlyList<JsonMember> members)
    {
        foreach (var member in members)
        {
            WriteJson(json, member.Name, member.Value);
        }
    }
}
