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
        var found = false;
        while (fields.Next(ref reader))
        {
            switch (fields.Name)
            {
                case "batch":
                    fields.ReadItems(ref reader, "batch", (ref reader, _) => items.Add(ItemReader.Read(ref reader, receipt)), Limits.BatchItems, "another");
                    found = !JsonFields.IsAbsent(ref reader);
                    break;
                default: fields.Skip(ref reader); break;
            }
        }

        if (!found)
        {
            faults.AddFirst("""batch is required, as in {"batch": [...]}""");
        }

        return items;
    }
}
