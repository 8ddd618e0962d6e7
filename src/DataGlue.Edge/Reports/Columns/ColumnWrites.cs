using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Reports.Columns;

/// <summary>Some rows of one part of the browsers, encoded.</summary>
/// <param name="Hosts">Up to two hosts of its pages, as a JSON array.</param>
/// <param name="Names">Pairs of a name and a browser, where events name somebody; null where none does.</param>
internal sealed record EncodedChunk(int Part, string Hosts, byte[]? Names, byte[] Data)
{
    private const int HostsTold = 2;

    /// <param name="sorted">In the order of a chunk.</param>
    public static EncodedChunk Of(Log log, int part, List<LogRow> sorted)
    {
        var hosts = sorted.Where(Chunk.IsPageView).Select(row => SessionFilter.HostOf(row.Page)).OfType<string>().Distinct().Take(HostsTold);
        var pairs = log == Log.Events ? NamePairs.Encode(sorted.Where(row => row.Name != 0).Select(row => (row.Name, row.Browser))) : null;
        return new EncodedChunk(part, JsonSerializer.Serialize([.. hosts], ServerJson.Wire.ListString), pairs, Chunk.Encode(sorted));
    }
}

/// <summary>A chunk in the place of others.</summary>
/// <param name="replaced">Their ids; none of a chunk of new rows.</param>
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

    private static Utf8Text Hex(byte[]? bytes)
    {
        if (bytes is null)
        {
            return default;
        }

        var digits = new byte[2 * bytes.Length];
        Convert.TryToHexString(bytes, digits, out _);
        return new Utf8Text(digits);
    }
}

/// <summary>The chunks have a log up to this row.</summary>
internal sealed class ReportStored(Log log, long row) : Write("report_stored")
{
    public override void Bind(Binder values)
    {
        values.Set("row", row);
        values.Set("log", Utf8Text.From(ColumnReader.NameOf(log)));
    }
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
