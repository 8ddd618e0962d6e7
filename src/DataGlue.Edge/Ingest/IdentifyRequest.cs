using System.Text.Json;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Ingest;

/// <summary>POST /glue/identify: a browser says who its visitor is.</summary>
public sealed class IdentifyRequest
{
    private readonly long received;
    private Utf8Text glueUserId;
    private Utf8Text email;
    private Utf8Text eventId;
    private long? timestamp;
    private JsonText? traits;
    private JsonText? context;

    private IdentifyRequest(long received) => this.received = received;

    /// <summary>Reads the object at whose start <paramref name="reader"/> stands; what does not fit goes to <paramref name="faults"/>.</summary>
    /// <param name="reader">The body.</param>
    /// <param name="received">When the request was received, in milliseconds since 1970.</param>
    /// <param name="faults">Where faults go.</param>
    public static IdentifyRequest Read(ref Utf8JsonReader reader, long received, Faults faults)
    {
        ArgumentNullException.ThrowIfNull(faults);
        var request = new IdentifyRequest(received);
        var fields = new JsonFields("", faults);
        while (fields.Next(ref reader))
        {
            request.ReadField(ref reader, ref fields);
        }

        if (!request.glueUserId.IsPresent || !request.email.IsPresent)
        {
            faults.AddFirst("glue_user_id and email are required");
        }

        return request;
    }

    /// <summary>The write of a request without faults.</summary>
    /// <param name="ids">Makes its id where it has none.</param>
    public IdentityWrite ToWrite(ServerIds ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var time = timestamp ?? received;
        var touch = Touch.Of(context, properties: null);
        return new IdentityWrite
        {
            GlueUserId = glueUserId,
            EventId = eventId.IsPresent ? eventId : ids.NewIdentification(received),
            Kind = IdentityKind.Identify,
            Timestamp = Instants.Utf8(time),
            Email = email,
            Traits = traits?.Text ?? default,
            Context = context is { IsEmptyObject: false } given ? given.Text : default,
            FirstSeen = Instants.Utf8(time),
            LastSeen = Instants.Utf8(time),
            Touch = touch?.Json ?? default,
            TouchCounts = touch?.Counts ?? false,
            Fingerprint = JsonText.Combine(JsonText.HashOf(email), traits?.Hash ?? 0, context?.Hash ?? 0),
            Received = Instants.Utf8(received),
        };
    }

    private void ReadField(ref Utf8JsonReader reader, ref JsonFields fields)
    {
        if (reader.ValueTextEquals("glue_user_id"u8))
        {
            glueUserId = fields.ReadText(ref reader, "glue_user_id", Limits.Id, required: true);
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
            timestamp = fields.ReadInstant(ref reader, "timestamp", received);
        }
        else
        {
            fields.Skip(ref reader);
        }
    }
}
