using System.Text.Json;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Ingest;

/// <summary>POST /glue/identify: a browser says who its visitor is.</summary>
public sealed class IdentifyRequest : IResolvable
{
    private readonly long received;
    private Utf8Text glueUserId;
    private Utf8Text email;
    private Utf8Text eventId;
    private Utf8Text madeId;
    private long? timestamp;
    private JsonText? traits;
    private JsonText? context;

    private IdentifyRequest(long received) => this.received = received;

    /// <summary>Whose browser it is.</summary>
    public Utf8Text GlueUserId => glueUserId;

    /// <summary>The id under which it will stand: the client's own, or the one that a server has made for it.</summary>
    public Utf8Text EventId => eventId.Or(madeId);

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

    /// <inheritdoc/>
    public void Resolve(ServerIds ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        madeId = eventId.IsPresent ? default : ids.NewIdentification(received);
    }

    /// <inheritdoc/>
    public bool Resolve(MadeIds made)
    {
        madeId = eventId.IsPresent ? default : made.Own;
        return EventId.IsPresent;
    }

    /// <inheritdoc/>
    public MadeIds MadeIds => new(madeId, []);

    /// <summary>The write of a request without faults that is resolved.</summary>
    public IdentityWrite ToWrite()
    {
        var time = timestamp ?? received;
        var touch = Touch.Of(context, properties: null);
        return new IdentityWrite
        {
            GlueUserId = glueUserId,
            EventId = EventId,
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
