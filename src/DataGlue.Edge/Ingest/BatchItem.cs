using System.Text.Json;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Ingest;

/// <summary>One item of a batch, or of what an edge relays; rejected alone when it has faults.</summary>
internal abstract class BatchItem
{
    public const string Identify = "identify";

    public const string Track = "track";

    public const string Sync = "sync";

    /// <summary>Where in the body the item stands.</summary>
    public Range Place { get; private init; }

    /// <summary>The request and its type; null where it has faults.</summary>
    public virtual (string Type, IResolvable Request)? Accepted => null;

    /// <summary>What it writes, in order; nothing where it has faults.</summary>
    public virtual IReadOnlyList<IWrite> Writes => [];

    /// <summary>Reads an item of a client's batch at whose start <paramref name="reader"/> stands, and resolves it.</summary>
    /// <param name="reader">The body.</param>
    /// <param name="received">When the request was received, in milliseconds since 1970.</param>
    /// <param name="ids">Makes the ids that it lacks.</param>
    public static BatchItem Read(ref Utf8JsonReader reader, long received, ServerIds ids)
    {
        var start = (int)reader.TokenStartIndex;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return Reject("An item must be an object");
        }

        return Read(ref reader, TypeOf(reader), start, received, request =>
        {
            request.Resolve(ids);
            return true;
        });
    }

    /// <summary>Reads an item that another server has resolved.</summary>
    /// <param name="json">The item as its client has sent it.</param>
    /// <param name="type">What it is.</param>
    /// <param name="received">When that server received it, in milliseconds since 1970.</param>
    /// <param name="made">The ids that it has made.</param>
    public static BatchItem ReadResolved(ReadOnlySpan<byte> json, string type, long received, MadeIds made)
    {
        var faults = new Faults();
        var item = JsonFields.ReadBody(json, faults, (ref reader) => Read(ref reader, type, 0, received, request => request.Resolve(made)));
        return faults.None && item is not null ? item : Reject(faults.ToString());
    }

    /// <summary>An item that is rejected.</summary>
    public static BatchItem Reject(string error) => new Faulty(error);

    /// <summary>The writes of these items, in their order.</summary>
    public static IReadOnlyList<IWrite> WritesOf(IReadOnlyList<BatchItem> items) => [.. items.SelectMany(item => item.Writes)];

    /// <summary>What became of these items.</summary>
    /// <param name="items">The items.</param>
    /// <param name="results">What became of their writes, in their order.</param>
    public static List<BatchResult> ResultsOf(IReadOnlyList<BatchItem> items, ReadOnlySpan<WriteResult> results)
    {
        var all = new List<BatchResult>(items.Count);
        foreach (var item in items)
        {
            all.Add(item.Read(results[..item.Writes.Count]));
            results = results[item.Writes.Count..];
        }

        return all;
    }

    /// <summary>What an edge answers that has put it into its outbox, and cannot know more.</summary>
    public abstract BatchResult Queued();

    protected abstract BatchResult Read(ReadOnlySpan<WriteResult> results);

    private static BatchItem Read(ref Utf8JsonReader reader, string? type, int start, long received, Predicate<IResolvable> resolve)
    {
        var faults = new Faults();
        switch (type)
        {
            case Identify:
                var identify = IdentifyRequest.Read(ref reader, received, faults);
                return Accepts(identify) ? new IdentifyItem(identify) { Place = Place(reader) } : Reject(faults.ToString());
            case Track:
                var track = TrackRequest.Read(ref reader, received, faults);
                return Accepts(track) ? new TrackItem(track) { Place = Place(reader) } : Reject(faults.ToString());
            case Sync:
                var sync = SyncRequest.Read(ref reader, received, faults);
                return Accepts(sync) ? new SyncItem(sync) { Place = Place(reader) } : Reject(faults.ToString());
            default:
                reader.Skip();
                return Reject("type must be identify, track or sync");
        }

        Range Place(Utf8JsonReader end) => start..(int)end.BytesConsumed;

        bool Accepts(IResolvable request)
        {
            if (faults.None && !resolve(request))
            {
                faults.Add("The ids that the edge has made do not fit the item");
            }

            return faults.None;
        }
    }

    // Looks ahead on a copy of the reader: the type may stand behind the fields that it decides about.
    private static string? TypeOf(Utf8JsonReader reader)
    {
        var faults = new Faults();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isType = JsonText.ReadString(ref reader, "type", faults) == "type";
            reader.Read();
            if (isType)
            {
                return reader.TokenType == JsonTokenType.String ? JsonText.ReadString(ref reader, "type", faults) : null;
            }

            reader.Skip();
        }

        return null;
    }

    private static BatchResult Rejected(Rejection rejection) => new(BatchResult.Rejected) { Error = rejection.Error, Code = rejection.Status };

    private static string Name(WriteStatus status) => status == WriteStatus.Duplicate ? BatchResult.Duplicate : BatchResult.Stored;

    private sealed class Faulty(string error) : BatchItem
    {
        public override BatchResult Queued() => Rejected(new Rejection(StatusCodes.Status400BadRequest, error));

        protected override BatchResult Read(ReadOnlySpan<WriteResult> results) => Queued();
    }

    private sealed class IdentifyItem(IdentifyRequest request) : BatchItem
    {
        private IdentityWrite[]? writes;

        public override (string Type, IResolvable Request)? Accepted => (Identify, request);

        public override IReadOnlyList<IWrite> Writes => writes ??= [request.ToWrite()];

        public override BatchResult Queued() => new(BatchResult.Stored) { EventId = request.EventId.Decode() };

        protected override BatchResult Read(ReadOnlySpan<WriteResult> results)
        {
            var (outcome, rejection) = Rejection.Read(results[0]);
            return rejection is not null
                ? Rejected(rejection)
                : new BatchResult(Name(outcome.Status)) { EventId = request.EventId.Decode(), NewUser = outcome.NewUser };
        }
    }

    private sealed class TrackItem(TrackRequest request) : BatchItem
    {
        private EventWrite[]? writes;

        public override (string Type, IResolvable Request)? Accepted => (Track, request);

        public override IReadOnlyList<IWrite> Writes => writes ??= [request.ToWrite()];

        public override BatchResult Queued() => new(BatchResult.Stored) { EventId = request.EventId.Decode() };

        protected override BatchResult Read(ReadOnlySpan<WriteResult> results)
        {
            var (outcome, rejection) = Rejection.Read(writes![0], results[0]);
            return rejection is not null ? Rejected(rejection) : new BatchResult(Name(outcome.Status)) { EventId = outcome.EventId.Decode() };
        }
    }

    private sealed class SyncItem(SyncRequest request) : BatchItem
    {
        private PendingSync? pending;

        public override (string Type, IResolvable Request)? Accepted => (Sync, request);

        public override IReadOnlyList<IWrite> Writes => (pending ??= new PendingSync(request)).Writes;

        public override BatchResult Queued() => Stored(SyncReply.QueuedOf(request));

        protected override BatchResult Read(ReadOnlySpan<WriteResult> results)
        {
            var (reply, rejection) = pending!.Read(results);
            return reply is null ? Rejected(rejection!) : Stored(reply);
        }

        private static BatchResult Stored(SyncReply reply) => new(BatchResult.Stored)
        {
            EventsSynced = reply.EventsSynced,
            SessionsSynced = reply.SessionsSynced,
            EventsNew = reply.EventsNew,
            EventsDuplicate = reply.EventsDuplicate,
            EventsRejected = reply.EventsRejected,
        };
    }
}
