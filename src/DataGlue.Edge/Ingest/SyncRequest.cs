using System.Text.Json;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Ingest;

/// <summary>POST /glue/sync: a browser hands over all that it has kept about its visitor.</summary>
public sealed class SyncRequest : IResolvable
{
    private static readonly Utf8Text NoId = new([]);

    private readonly long received;
    private readonly List<SyncedSession> sessions = [];
    private readonly List<SyncedEvent> events = [];
    private Utf8Text glueUserId;
    private Utf8Text eventId;
    private long? syncedAt;
    private bool hasData;
    private SyncProfile? profile;

    private SyncRequest(long received) => this.received = received;

    /// <summary>How many sessions it brought.</summary>
    public int SessionCount => sessions.Count;

    /// <summary>Its events in their order, those with faults among them.</summary>
    public IReadOnlyList<SyncedEvent> Events => events;

    /// <summary>Reads the object at whose start <paramref name="reader"/> stands; what does not fit goes to <paramref name="faults"/>.</summary>
    /// <param name="reader">The body.</param>
    /// <param name="received">When the request was received, in milliseconds since 1970.</param>
    /// <param name="faults">Where faults go; those of an event stay with the event.</param>
    public static SyncRequest Read(ref Utf8JsonReader reader, long received, Faults faults)
    {
        ArgumentNullException.ThrowIfNull(faults);
        var request = new SyncRequest(received);
        var fields = new JsonFields("", faults);
        while (fields.Next(ref reader))
        {
            request.ReadField(ref reader, ref fields, faults);
        }

        if (!request.glueUserId.IsPresent || !request.hasData)
        {
            faults.AddFirst("glue_user_id and data are required");
        }

        request.RejectOthersEvents();
        return request;
    }

    /// <inheritdoc/>
    public void Resolve(ServerIds ids)
    {
        foreach (var item in events.Where(item => item.IsAccepted))
        {
            item.Request!.Resolve(ids);
        }
    }

    /// <inheritdoc/>
    public bool Resolve(MadeIds made) => made.OfEvents.Count == events.Count && events.Zip(made.OfEvents, (item, id) => item.Resolve(id)).All(resolved => resolved);

    /// <inheritdoc/>
    public MadeIds MadeIds => new(default, [.. events.Select(item => item.MadeId)]);

    /// <summary>The writes of a request without faults that is resolved: first the profile and sessions, then the accepted events in their order.</summary>
    public (IReadOnlyList<IWrite> Profile, IReadOnlyList<EventWrite> Events) ToWrites()
    {
        var time = syncedAt ?? received;
        var writes = new List<IWrite>();
        var sync = new SyncWrite(glueUserId, Instants.Utf8(time), Instants.Utf8(received));
        writes.Add(sync);
        if (profile is not null)
        {
            writes.AddRange(profile.ToWrites(glueUserId, eventId, time, received));
        }

        writes.AddRange(sessions.Select(session =>
            new SessionWrite(sync.GlueUserId, session.SessionId, session.Data, sync.SyncedAt, eventId.Or(NoId), sync.Received)));
        return (writes, [.. events.Where(item => item.IsAccepted).Select(item => item.Request!.ToWrite(glueUserId))]);
    }

    /// <summary>Its events that have faults, in their order.</summary>
    public List<RejectedEvent> Rejected() =>
        [.. events.Index().Where(item => !item.Item.Faults.None && !item.Item.IsLeftOut).Select(item => new RejectedEvent(item.Index, item.Item.Faults.ToString()))];

    private void RejectOthersEvents()
    {
        foreach (var item in events.Where(item => item.Request?.GlueUserId is { Span.IsEmpty: false } user && user != glueUserId))
        {
            item.Faults.Add("glue_user_id must be that of the sync, or absent");
        }
    }

    private void ReadField(ref Utf8JsonReader reader, ref JsonFields fields, Faults faults)
    {
        if (reader.ValueTextEquals("glue_user_id"u8))
        {
            glueUserId = fields.ReadText(ref reader, "glue_user_id", Limits.Id, required: true);
        }
        else if (reader.ValueTextEquals("event_id"u8))
        {
            eventId = fields.ReadText(ref reader, "event_id", Limits.Id);
        }
        else if (reader.ValueTextEquals("synced_at"u8))
        {
            syncedAt = fields.ReadInstant(ref reader, "synced_at", received);
        }
        else if (reader.ValueTextEquals("data"u8))
        {
            ReadData(ref reader, ref fields, faults);
        }
        else
        {
            fields.Skip(ref reader);
        }
    }

    private void ReadData(ref Utf8JsonReader reader, ref JsonFields outer, Faults faults)
    {
        if (!outer.EnterObject(ref reader, "data"))
        {
            // A wrong type is a fault already and must not be called absent as well.
            hasData = reader.TokenType != JsonTokenType.Null;
            return;
        }

        hasData = true;
        var fields = new JsonFields("data.", faults);
        while (fields.Next(ref reader))
        {
            if (reader.ValueTextEquals("profile"u8))
            {
                profile = fields.EnterObject(ref reader, "profile") ? SyncProfile.Read(ref reader, received, faults) : null;
            }
            else if (reader.ValueTextEquals("sessions"u8))
            {
                ReadSessions(ref reader, ref fields, faults);
            }
            else if (reader.ValueTextEquals("events"u8))
            {
                ReadEvents(ref reader, ref fields, faults);
            }
            else
            {
                fields.Skip(ref reader);
            }
        }
    }

    private void ReadSessions(ref Utf8JsonReader reader, ref JsonFields fields, Faults faults)
    {
        if (!fields.EnterArray(ref reader, "sessions"))
        {
            return;
        }

        var count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (count < Limits.SyncItems)
            {
                sessions.Add(SyncedSession.Read(ref reader, $"data.sessions[{count}]", faults));
            }
            else
            {
                reader.Skip();
            }

            count++;
        }

        CheckCount("sessions", count, faults);
    }

    private void ReadEvents(ref Utf8JsonReader reader, ref JsonFields fields, Faults faults)
    {
        if (!fields.EnterArray(ref reader, "events"))
        {
            return;
        }

        var count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            count++;
            if (count <= Limits.SyncItems)
            {
                events.Add(SyncedEvent.Read(ref reader, received));
            }
            else
            {
                reader.Skip();
            }
        }

        CheckCount("events", count, faults);
    }

    private static void CheckCount(string name, int count, Faults faults)
    {
        if (count > Limits.SyncItems)
        {
            faults.Add($"data.{name} holds {count} items and may hold {Limits.SyncItems}; send the rest in another sync");
        }
    }
}

/// <summary>One event of a sync, and what is wrong with it.</summary>
/// <param name="Request">The event; null when it is no object.</param>
/// <param name="Faults">Its faults; with any, it is rejected alone.</param>
public sealed record SyncedEvent(TrackRequest? Request, Faults Faults)
{
    /// <summary>Whether it is to be stored.</summary>
    public bool IsAccepted => Faults.None && !IsLeftOut;

    /// <summary>Whether another server has rejected it already, and has said so.</summary>
    public bool IsLeftOut { get; private set; }

    internal Utf8Text MadeId => IsAccepted ? Request!.MadeIds.Own : MadeIds.LeftOut;

    // With a fault of its own it needs no id: it is rejected.
    internal bool Resolve(Utf8Text made)
    {
        IsLeftOut = made == MadeIds.LeftOut;
        return !IsAccepted || Request!.Resolve(new MadeIds(made, []));
    }

    internal static SyncedEvent Read(ref Utf8JsonReader reader, long received)
    {
        var faults = new Faults();
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            return new SyncedEvent(TrackRequest.Read(ref reader, received, synced: true, faults), faults);
        }

        reader.Skip();
        faults.Add("An event must be an object");
        return new SyncedEvent(null, faults);
    }
}

/// <summary>One session of a sync, kept whole.</summary>
/// <param name="SessionId">Its <c>session_id</c>, or else its <c>id</c>.</param>
/// <param name="Data">The session as it was sent, as JSON text.</param>
internal sealed record SyncedSession(Utf8Text SessionId, Utf8Text Data)
{
    public static SyncedSession Read(ref Utf8JsonReader reader, string label, Faults faults)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            faults.Add($"{label} must be an object");
            return new SyncedSession(default, default);
        }

        var data = JsonText.Read(ref reader, label, faults);
        return new SyncedSession(ReadId(data, label, faults), data.Text);
    }

    // An id of another type is the client's own affair as long as session_id says which session it is.
    private static Utf8Text ReadId(JsonText data, string label, Faults faults)
    {
        var members = JsonMember.Of(data, label, faults);
        var id = Utf8Text.From(Text(members, "session_id") ?? Text(members, "id"));
        if (!id.Span.IsEmpty && !JsonFields.LongerThan(id, Limits.Id))
        {
            return id;
        }

        faults.Add($"{label} needs a session_id or id of 1 to {Limits.Id} characters");
        return default;
    }

    private static string? Text(List<JsonMember> members, string name) => members.Find(member => member.Name == name).Text;
}
