using System.Text.Json;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Ingest;

/// <summary>POST /glue/track, and each event of a sync: something that a visitor did.</summary>
public sealed class TrackRequest : IResolvable
{
    private readonly long received;
    private Utf8Text glueUserId;
    private Utf8Text eventName;
    private Utf8Text sessionId;
    private Utf8Text email;
    private Utf8Text eventId;
    private Utf8Text madeId;
    private long? timestamp;
    private JsonText? properties;
    private JsonText? context;

    private TrackRequest(long received) => this.received = received;

    /// <summary>Whose event it is; none in an event of a sync that leaves it to the sync.</summary>
    public Utf8Text GlueUserId => glueUserId;

    /// <summary>The id under which it will stand: the client's own, or the one that a server has made for it.</summary>
    public Utf8Text EventId => eventId.Or(madeId);

    /// <summary>Reads the object at whose start <paramref name="reader"/> stands; what does not fit goes to <paramref name="faults"/>.</summary>
    /// <param name="reader">The body.</param>
    /// <param name="received">When the request was received, in milliseconds since 1970.</param>
    /// <param name="faults">Where faults go.</param>
    public static TrackRequest Read(ref Utf8JsonReader reader, long received, Faults faults) => Read(ref reader, received, synced: false, faults);

    /// <summary>The same for an event that may stand in a sync.</summary>
    /// <param name="reader">The body.</param>
    /// <param name="received">When the request was received, in milliseconds since 1970.</param>
    /// <param name="synced">Whether the event stands in a sync, which says whose it is.</param>
    /// <param name="faults">Where faults go.</param>
    public static TrackRequest Read(ref Utf8JsonReader reader, long received, bool synced, Faults faults)
    {
        ArgumentNullException.ThrowIfNull(faults);
        var request = new TrackRequest(received);
        var fields = new JsonFields("", faults);
        while (fields.Next(ref reader))
        {
            request.ReadField(ref reader, ref fields);
        }

        if (!request.eventName.IsPresent || (!request.glueUserId.IsPresent && !synced))
        {
            faults.AddFirst(synced ? "event is required" : "glue_user_id and event are required");
        }

        return request;
    }

    /// <inheritdoc/>
    public void Resolve(ServerIds ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        madeId = eventId.IsPresent ? default : ids.NewEvent(received);
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
    /// <param name="user">Whose event it is where the event does not say it.</param>
    public EventWrite ToWrite(Utf8Text user = default)
    {
        var touch = Touch.Of(context, properties);
        var given = properties ?? JsonText.EmptyObject;
        var owner = glueUserId.Or(user);
        var time = timestamp ?? received;
        return new EventWrite
        {
            GlueUserId = owner,
            EventId = EventId,
            ServerMade = !eventId.IsPresent,
            SessionId = sessionId,
            Event = eventName,
            Timestamp = Instants.Utf8(time),
            Properties = given.Text,
            Email = email,
            Context = context is { IsEmptyObject: false } known ? known.Text : default,
            Touch = touch?.Json ?? default,
            TouchCounts = touch?.Counts ?? false,
            Fingerprint = JsonText.Combine(
                JsonText.HashOf(owner), (ulong)time, JsonText.HashOf(sessionId), JsonText.HashOf(eventName), given.Hash),
            Received = Instants.Utf8(received),
        };
    }

    private void ReadField(ref Utf8JsonReader reader, ref JsonFields fields)
    {
        if (reader.ValueTextEquals("glue_user_id"u8))
        {
            glueUserId = fields.ReadText(ref reader, "glue_user_id", Limits.Id, required: true);
        }
        else if (reader.ValueTextEquals("event"u8))
        {
            eventName = fields.ReadText(ref reader, "event", Limits.EventName, required: true);
        }
        else if (reader.ValueTextEquals("session_id"u8))
        {
            sessionId = fields.ReadText(ref reader, "session_id", Limits.Id);
        }
        else if (reader.ValueTextEquals("email"u8))
        {
            email = fields.ReadText(ref reader, "email", Limits.Email, trim: true);
        }
        else if (reader.ValueTextEquals("properties"u8))
        {
            properties = fields.ReadObject(ref reader, "properties");
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
