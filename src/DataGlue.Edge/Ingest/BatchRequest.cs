using System.Text.Json;

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

    /// <summary>Its items, in their order, resolved.</summary>
    internal IReadOnlyList<BatchItem> Items => items;

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
