using DataGlue.Edge.Intake;
using DataGlue.Edge.Wire.Json;

namespace DataGlue.Edge.Wire.Glue;

/// <summary>Reads the body of POST /glue/batch: up to 1,000 identify, track and sync.</summary>
internal static class BatchReader
{
    public static List<ReadItem> Read(ref Utf8JsonReader reader, Receipt receipt, Faults faults)
    {
        var items = new List<ReadItem>();
        var fields = new JsonFields("", faults);
        var (found, count) = (false, 0);
        while (fields.Next(ref reader))
        {
            if (fields.Name is not "batch")
            {
                fields.Skip(ref reader);
                continue;
            }

            count = fields.EnterArray(ref reader, "batch") ? ReadItems(ref reader, receipt, items) : 0;
            found = reader.TokenType != JsonTokenType.Null;
        }

        if (!found)
        {
            faults.AddFirst("batch is required");
        }
        else if (count > Limits.BatchItems)
        {
            faults.Add($"batch holds {count} items and may hold {Limits.BatchItems}; send the rest in another");
        }

        return items;
    }

    private static int ReadItems(ref Utf8JsonReader reader, Receipt receipt, List<ReadItem> items)
    {
        var count = 0;
        for (; reader.Read() && reader.TokenType != JsonTokenType.EndArray; count++)
        {
            if (count < Limits.BatchItems)
            {
                items.Add(ItemReader.Read(ref reader, receipt));
            }
            else
            {
                reader.Skip();
            }
        }

        return count;
    }
}
