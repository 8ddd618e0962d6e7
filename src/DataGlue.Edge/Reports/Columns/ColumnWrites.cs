using System.Buffers;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Reports.Columns;

/// <summary>Some rows of one part of the browsers, encoded.</summary>
/// <param name="Hosts">Up to two hosts of its pages, as a JSON array.</param>
/// <param name="Names">Pairs of a name and a browser, where events name somebody; null where none does.</param>
internal sealed record EncodedChunk(int Part, string Hosts, byte[]? Names, byte[] Data)
{
    private const int HostsTold = 2;

    /// <param name="sorted">In the order of a chunk.</param>
    public static EncodedChunk Of(Log log, int part, IReadOnlyList<LogRow> sorted)
    {
        var hosts = sorted.Where(Chunk.IsPageView).Select(row => SessionFilter.HostOf(row.Page)).OfType<string>().Distinct().Take(HostsTold);
        var pairs = log == Log.Events ? NamePairs.Encode(sorted.Where(row => row.Name != 0).Select(row => (row.Name, row.Browser))) : null;
        return new EncodedChunk(part, JsonSerializer.Serialize([.. hosts], ServerJson.Wire.ListString), pairs, Chunk.Encode(sorted));
    }
}

/// <summary>Chunks of the next rows of a log.</summary>
internal sealed class ReportAppend(Log log, long first, long last, IReadOnlyList<EncodedChunk> chunks) : Write("report_append")
{
    private readonly Utf8Text json = ToJson(chunks);

    public override long Size => json.Span.Length;

    public override void Bind(Binder values)
    {
        values.Set("log", Utf8Text.From(ColumnReader.NameOf(log)));
        values.Set("first_row", first);
        values.Set("last_row", last);
        values.Set("chunks", json);
    }

    private static Utf8Text ToJson(IReadOnlyList<EncodedChunk> chunks)
    {
        var output = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(output);
        json.WriteStartArray();
        foreach (var chunk in chunks)
        {
            json.WriteStartArray();
            json.WriteNumberValue(chunk.Part);
            json.WriteStringValue(chunk.Hosts);
            json.WriteStringValue(chunk.Names is null ? null : Convert.ToHexString(chunk.Names));
            json.WriteStringValue(Convert.ToHexString(chunk.Data));
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.Flush();
        return new Utf8Text(output.WrittenSpan.ToArray());
    }
}

/// <summary>A chunk in the place of others.</summary>
/// <param name="replaced">Their ids.</param>
/// <param name="chunk">Null where no row is left.</param>
internal sealed class ReportChunk(Log log, int part, long first, long last, IEnumerable<long> replaced, EncodedChunk? chunk) : Write("report_chunk")
{
    private readonly Utf8Text ids = Utf8Text.From($"[{string.Join(',', replaced)}]");
    private readonly Utf8Text data = Hex(chunk?.Data);

    public override long Size => data.Span.Length;

    public override void Bind(Binder values)
    {
        values.Set("ids", ids);
        values.Set("part", part);
        values.Set("log", Utf8Text.From(ColumnReader.NameOf(log)));
        values.Set("first_row", first);
        values.Set("last_row", last);
        values.Set("hosts", Utf8Text.From(chunk?.Hosts ?? "[]"));
        values.Set("names", Hex(chunk?.Names));
        values.Set("data", data);
    }

    private static Utf8Text Hex(byte[]? bytes) => bytes is null ? default : Utf8Text.From(Convert.ToHexString(bytes));
}

/// <summary>From now on, changes of rows of a log up to this one are noted.</summary>
internal sealed class ReportWatch(Log log, long row) : Write("report_watch")
{
    public override void Bind(Binder values)
    {
        values.Set("row", row);
        values.Set("log", Utf8Text.From(ColumnReader.NameOf(log)));
    }
}

/// <summary>The chunks have the changes up to this note.</summary>
internal sealed class ReportChanged(long last) : Write("report_changed")
{
    public override void Bind(Binder values) => values.Set("last", last);
}

/// <summary>There are no chunks any more, and those to come are of the program's format.</summary>
internal sealed class ReportFormat() : Write("report_format")
{
    public override void Bind(Binder values) => values.Set("format", Chunk.Format);
}
