using System.Text.Json;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Ingest;

/// <summary>POST /glue/batch: up to 1,000 identify, track and sync in one request.</summary>
public sealed class BatchRequest
{
    private readonly List<BatchItem> items = [];
    private int count;

    private BatchRequest()
    {
    }

    /// <summary>Reads the object at whose start <paramref name="reader"/> stands.</summary>
    /// <param name="reader">The body.</param>
    /// <param name="received">When the request was received, in milliseconds since 1970.</param>
    /// <param name="ids">Makes the ids of items that have none.</param>
    /// <param name="faults">Where faults of the batch go; those of an item stay with the item.</param>
    public static BatchRequest Read(ref Utf8JsonReader reader, long received, ServerIds ids, Faults faults)
    {
        ArgumentNullException.ThrowIfNull(faults);
        var request = new BatchRequest();
        var fields = new JsonFields("", faults);
        var found = false;
        while (fields.Next(ref reader))
        {
            if (!reader.ValueTextEquals("batch"u8))
            {
                fields.Skip(ref reader);
                continue;
            }

            if (fields.EnterArray(ref reader, "batch"))
            {
                request.ReadItems(ref reader, received, ids);
            }

            found = reader.TokenType != JsonTokenType.Null;
        }

        if (!found)
        {
            faults.AddFirst("batch is required");
        }
        else if (request.count > Limits.BatchItems)
        {
            faults.Add($"batch holds {request.count} items and may hold {Limits.BatchItems}; send the rest in another");
        }

        return request;
    }

    /// <summary>The writes of all items without faults, in their order.</summary>
    public IReadOnlyList<IWrite> ToWrites() => [.. items.SelectMany(item => item.Writes)];

    /// <summary>What became of each item.</summary>
    /// <param name="results">What became of the writes, in their order.</param>
    public BatchReply ToReply(ReadOnlySpan<WriteResult> results)
    {
        var replies = new List<BatchResult>(items.Count);
        foreach (var item in items)
        {
            replies.Add(item.Read(results[..item.Writes.Count]));
            results = results[item.Writes.Count..];
        }

        return new BatchReply(true, replies);
    }

    private void ReadItems(ref Utf8JsonReader reader, long received, ServerIds ids)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            count++;
            if (count <= Limits.BatchItems)
            {
                items.Add(BatchItem.Read(ref reader, received, ids));
            }
            else
            {
                reader.Skip();
            }
        }
    }
}

/// <summary>One item of a batch; rejected alone when it has faults.</summary>
internal abstract class BatchItem
{
    public virtual IReadOnlyList<IWrite> Writes => [];

    public static BatchItem Read(ref Utf8JsonReader reader, long received, ServerIds ids)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return new Faulty("An item must be an object");
        }

        var faults = new Faults();
        return TypeOf(reader) switch
        {
            "identify" => Identify(IdentifyRequest.Read(ref reader, received, faults), ids, faults),
            "track" => Track(TrackRequest.Read(ref reader, received, synced: false, faults), ids, faults),
            "sync" => Sync(SyncRequest.Read(ref reader, received, faults), ids, faults),
            _ => Unknown(ref reader),
        };
    }

    public abstract BatchResult Read(ReadOnlySpan<WriteResult> results);

    private static BatchItem Identify(IdentifyRequest request, ServerIds ids, Faults faults) =>
        faults.None ? new IdentifyItem(request.ToWrite(ids)) : new Faulty(faults.ToString());

    private static BatchItem Track(TrackRequest request, ServerIds ids, Faults faults) =>
        faults.None ? new TrackItem(request.ToWrite(ids)) : new Faulty(faults.ToString());

    private static BatchItem Sync(SyncRequest request, ServerIds ids, Faults faults) =>
        faults.None ? new SyncItem(new PendingSync(request, ids)) : new Faulty(faults.ToString());

    private static Faulty Unknown(ref Utf8JsonReader reader)
    {
        reader.Skip();
        return new Faulty("type must be identify, track or sync");
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

    private static BatchResult Rejected(Rejection rejection) => new(BatchResult.Rejected) { Error = rejection.Error };

    private static string Name(WriteStatus status) => status == WriteStatus.Duplicate ? BatchResult.Duplicate : BatchResult.Stored;

    private sealed class Faulty(string error) : BatchItem
    {
        public override BatchResult Read(ReadOnlySpan<WriteResult> results) => new(BatchResult.Rejected) { Error = error };
    }

    private sealed class IdentifyItem(IdentityWrite write) : BatchItem
    {
        public override IReadOnlyList<IWrite> Writes { get; } = [write];

        public override BatchResult Read(ReadOnlySpan<WriteResult> results)
        {
            var (outcome, rejection) = Rejection.Read(results[0]);
            return rejection is not null
                ? Rejected(rejection)
                : new BatchResult(Name(outcome.Status)) { EventId = write.EventId.Decode(), NewUser = outcome.NewUser };
        }
    }

    private sealed class TrackItem(EventWrite write) : BatchItem
    {
        public override IReadOnlyList<IWrite> Writes { get; } = [write];

        public override BatchResult Read(ReadOnlySpan<WriteResult> results)
        {
            var (outcome, rejection) = Rejection.Read(write, results[0]);
            return rejection is not null ? Rejected(rejection) : new BatchResult(Name(outcome.Status)) { EventId = outcome.EventId.Decode() };
        }
    }

    private sealed class SyncItem(PendingSync pending) : BatchItem
    {
        public override IReadOnlyList<IWrite> Writes { get; } = pending.Writes;

        public override BatchResult Read(ReadOnlySpan<WriteResult> results)
        {
            var (reply, rejection) = pending.Read(results);
            return reply is null ? Rejected(rejection!) : new BatchResult(BatchResult.Stored)
            {
                EventsSynced = reply.EventsSynced,
                SessionsSynced = reply.SessionsSynced,
                EventsNew = reply.EventsNew,
                EventsDuplicate = reply.EventsDuplicate,
                EventsRejected = reply.EventsRejected,
            };
        }
    }
}
