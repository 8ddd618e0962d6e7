using System.Buffers;
using System.Text.Json;
using DataGlue.Edge.Ingest;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Regions;

/// <summary>
/// What an edge keeps of a request, and relays: the request as its client has sent it, what it is, when it was received, and the ids that the edge
/// has made. The home reads the request itself, with the same code as if the client had sent it there: nothing has to be written
/// twice, and what a newer home understands and an older edge does not is not lost.
/// </summary>
internal static class OutboxItem
{
    /// <summary>How deep an item may nest.</summary>
    public const int Depth = JsonFields.MaxDepth + 1;

    private const string Type = "type";

    private const string Received = "received";

    private const string EventId = "event_id";

    private const string EventIds = "event_ids";

    private const string Item = "item";

    /// <summary>The item that stands for a request which is resolved.</summary>
    /// <param name="type">What it is: identify, track or sync.</param>
    /// <param name="request">The request.</param>
    /// <param name="json">The request as its client has sent it.</param>
    /// <param name="received">When, in milliseconds since 1970.</param>
    public static OutboxWrite Of(string type, IResolvable request, ReadOnlySpan<byte> json, long received)
    {
        var output = new ArrayBufferWriter<byte>(json.Length + 128);
        using var writer = new Utf8JsonWriter(output, new JsonWriterOptions { SkipValidation = true });
        writer.WriteStartObject();
        writer.WriteString(Type, type);
        writer.WriteNumber(Received, received);
        WriteIds(writer, request.MadeIds);
        writer.WritePropertyName(Item);
        writer.WriteRawValue(json, skipInputValidation: true);
        writer.WriteEndObject();
        writer.Flush();
        return new OutboxWrite(Instants.Utf8(received), new Utf8Text(output.WrittenSpan.ToArray()));
    }

    /// <summary>Reads an item; one that has faults is rejected alone.</summary>
    public static BatchItem Read(ReadOnlySpan<byte> json)
    {
        var faults = new Faults();
        var envelope = JsonFields.ReadBody(json, faults, (ref reader) => new Envelope().Read(ref reader, faults), Depth);
        return faults.None && envelope is not null ? envelope.Open(json) : BatchItem.Reject(faults.ToString());
    }

    private static void WriteIds(Utf8JsonWriter writer, MadeIds made)
    {
        if (made.Own.IsPresent)
        {
            writer.WriteString(EventId, made.Own.Span);
        }

        if (made.OfEvents.Count == 0)
        {
            return;
        }

        writer.WriteStartArray(EventIds);
        foreach (var id in made.OfEvents)
        {
            if (id.IsPresent)
            {
                writer.WriteStringValue(id.Span);
            }
            else
            {
                writer.WriteNullValue();
            }
        }

        writer.WriteEndArray();
    }

    private sealed class Envelope
    {
        private Utf8Text type;
        private long? received;
        private Utf8Text eventId;
        private List<Utf8Text>? eventIds;
        private Range? item;

        public Envelope Read(ref Utf8JsonReader reader, Faults faults)
        {
            var fields = new JsonFields("", faults);
            while (fields.Next(ref reader))
            {
                ReadField(ref reader, ref fields, faults);
            }

            return this;
        }

        public BatchItem Open(ReadOnlySpan<byte> json) => type.IsPresent && received is { } time && item is { } place
            ? BatchItem.ReadResolved(json[place], type.ToString(), time, new MadeIds(eventId, eventIds ?? []))
            : BatchItem.Reject($"A relayed item needs {Type}, {Received} and {Item}");

        private void ReadField(ref Utf8JsonReader reader, ref JsonFields fields, Faults faults)
        {
            if (reader.ValueTextEquals(Type))
            {
                type = fields.ReadText(ref reader, Type, Limits.Id, required: true);
            }
            else if (reader.ValueTextEquals(Received))
            {
                received = fields.ReadInstant(ref reader, Received, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() - JsonFields.MaxAhead);
            }
            else if (reader.ValueTextEquals(EventId))
            {
                eventId = fields.ReadText(ref reader, EventId, Limits.Id);
            }
            else if (reader.ValueTextEquals(EventIds))
            {
                ReadEventIds(ref reader, ref fields, faults);
            }
            else if (reader.ValueTextEquals(Item))
            {
                reader.Read();
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                item = start..(int)reader.BytesConsumed;
            }
            else
            {
                fields.Skip(ref reader);
            }
        }

        // What is no text is no id; the event that needs one then says so.
        private void ReadEventIds(ref Utf8JsonReader reader, ref JsonFields fields, Faults faults)
        {
            if (!fields.EnterArray(ref reader, EventIds))
            {
                return;
            }

            eventIds = [];
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                eventIds.Add(reader.TokenType == JsonTokenType.String ? Utf8Text.From(JsonText.ReadString(ref reader, EventIds, faults)) : default);
                reader.Skip();
            }
        }
    }
}
