namespace DataGlue.Edge.Reports.Columns;

/// <summary>One log as a report reads it: its chunks, but for rows that have changed since, and these and what has come later from the log itself, as chunks in memory.</summary>
internal sealed class LogTail
{
    private readonly ColumnReader reader;
    private readonly Log log;
    private readonly long stored;
    private readonly bool hasChunks;
    private readonly Dictionary<ulong, HashSet<long>> changed = [];
    private readonly Chunk?[] tail = new Chunk?[ColumnReader.Parts];

    public LogTail(ColumnReader reader, Log log, ColumnState state, CancellationToken cancelled)
    {
        (this.reader, this.log, stored, hasChunks) = (reader, log, state.Stored(log), state.IsReadable);
        var changes = state.Changes.FindAll(change => change.Log == ColumnReader.NameOf(log) && change.Row <= stored);
        foreach (var change in changes)
        {
            var browser = NameNumber.OfBrowser(change.GlueUserId);
            (changed.TryGetValue(browser, out var rows) ? rows : changed[browser] = []).Add(change.Row);
        }

        var fresh = new List<LogRow>(reader.RowsOf(log, changes.Select(change => change.Row).Distinct()));
        foreach (var rows in reader.Rows(log, stored, state.Of(log).Newest))
        {
            cancelled.ThrowIfCancellationRequested();
            fresh.AddRange(rows);
        }

        foreach (var part in fresh.GroupBy(row => ColumnReader.PartOf(row.Browser)))
        {
            // Rows from the log have their event ids.
            var merge = new ChunkMerge(_ => "");
            merge.AddUnsorted(part);
            tail[part.Key] = new Chunk(Chunk.Encode(merge.Sorted()));
        }
    }

    /// <summary>The chunks of one part of the browsers.</summary>
    public List<Source> Sources(int part)
    {
        var sources = hasChunks ? reader.Chunks(log, part).ConvertAll(row => new Source(log, row.Chunk, row.LastRow > stored ? stored : long.MaxValue, changed, row)) : [];
        if (tail[part] is { } fresh)
        {
            sources.Add(new Source(log, fresh, long.MaxValue, [], null));
        }

        return sources;
    }

    /// <summary>Hosts of pages that came later than the chunks.</summary>
    public IEnumerable<string> Hosts() => tail.OfType<Chunk>().SelectMany(chunk => chunk.PageViewHosts()).Distinct().Take(2);

    /// <summary>Whom events name themselves, and on which browsers.</summary>
    public IEnumerable<(ulong Name, ulong Browser)> OwnNames() =>
        (hasChunks ? reader.Names().SelectMany(row => NamePairs.Decode(row.Names)) : []).Concat(tail.OfType<Chunk>().SelectMany(chunk => chunk.AllNames()));
}

/// <summary>A chunk, of which some rows may count no more.</summary>
/// <param name="last">Rows behind this one are read from elsewhere.</param>
/// <param name="changed">Of each browser the rows that are read from elsewhere.</param>
/// <param name="stored">What the chunk was read from, which ends with this; null of one in memory.</param>
internal sealed class Source(Log log, Chunk chunk, long last, Dictionary<ulong, HashSet<long>> changed, StoredChunk? stored) : IDisposable
{
    // Of the texts of the chunk, their numbers in the report; 0 is one that nobody has asked for.
    private readonly int[] names = new int[chunk.Texts.Count];
    private readonly int[] pages = new int[chunk.Pages.Count];
    private readonly int[] touches = new int[chunk.Touches.Count];
    private readonly int[] clients = new int[chunk.Clients.Length];
    private readonly bool[] isBot = [false, .. chunk.Clients.Select(client => client.IsBot)];
    private readonly bool hasBots = Array.Exists(chunk.Clients, client => client.IsBot);

    public void Dispose() => stored?.Dispose();

    public Log Log => log;

    public Chunk Chunk => chunk;

    /// <summary>The rows of each browser, which stand together.</summary>
    /// <param name="source">The number of this chunk.</param>
    public IEnumerable<Run> Runs(int source = 0)
    {
        var row = 0;
        for (var browser = 0; browser < chunk.Browsers; browser++)
        {
            var run = new Run(source, chunk.BrowserAt(browser), row, chunk.CountAt(browser));
            yield return run;
            row = run.End;
        }
    }

    /// <summary>Which rows of a browser count.</summary>
    public CountingRows RowsOf(Run run, bool withBots) => new(chunk, changed.Count == 0 ? null : changed.GetValueOrDefault(run.Browser), last, withBots || !hasBots ? null : isBot);

    /// <summary>Those rows of a browser that count, those of bots too.</summary>
    public IEnumerable<int> Rows(Run run)
    {
        var rows = RowsOf(run, withBots: true);
        return Enumerable.Range(run.Start, run.Count).Where(rows.Count);
    }

    /// <summary>Whether any row of a browser names somebody.</summary>
    public bool HasNames(Run run)
    {
        for (var row = run.Start; chunk.HasNames && row < run.End; row++)
        {
            if (chunk.NameAt(row) != 0)
            {
                return true;
            }
        }

        return false;
    }

    public Fact EventAt(int row, int browser, FactTerms terms) => new(
        FactKind.Event, chunk.TimeAt(row), chunk.RowAt(row), browser, chunk.SessionAt(row), NameAt(row, terms), PageAt(row, terms), TouchAt(row, terms), ClientAt(row, terms));

    /// <summary>The touch of a row, by its number in the report; 0 where it has none.</summary>
    public int TouchAt(int row, FactTerms terms)
    {
        var number = chunk.TouchAt(row);
        if (number == 0)
        {
            return 0;
        }

        ref var known = ref touches[number - 1];
        if (known == 0)
        {
            var (json, counts, page) = chunk.Touches[number - 1];
            known = terms.Touch(chunk.TouchJson[json], counts, LandingOf(page, terms));
        }

        return known;
    }

    private int NameAt(int row, FactTerms terms)
    {
        ref var known = ref names[chunk.TextAt(row)];
        return known != 0 ? known : known = terms.Name(chunk.Texts.Utf8(chunk.TextAt(row)));
    }

    private int PageAt(int row, FactTerms terms) => PageOf(chunk.PageAt(row), terms);

    // Whether a referrer is an outside one depends on the host, which stands before the first slash.
    private int LandingOf(int number, FactTerms terms) => number == 0 || terms.HasPages ? PageOf(number, terms)
        : terms.Page(chunk.Pages.Utf8(number - 1) is var page ? page[..(page.IndexOf((byte)'/') + 1)] : default);

    private int PageOf(int number, FactTerms terms)
    {
        if (number == 0 || !terms.HasPages)
        {
            return 0;
        }

        ref var known = ref pages[number - 1];
        return known != 0 ? known : known = terms.Page(chunk.Pages.Utf8(number - 1));
    }

    private int ClientAt(int row, FactTerms terms)
    {
        var number = chunk.ClientAt(row);
        if (number == 0)
        {
            return 0;
        }

        ref var known = ref clients[number - 1];
        return known != 0 ? known : known = terms.Client(chunk.Clients[number - 1]);
    }
}

/// <summary>Which rows of one browser in one chunk count.</summary>
/// <param name="replaced">Those that are read from elsewhere; null where there are none.</param>
/// <param name="last">The last row of the log that counts.</param>
/// <param name="isBot">Of each client whether it is one that does not count; null where all count.</param>
internal readonly struct CountingRows(Chunk chunk, HashSet<long>? replaced, long last, bool[]? isBot)
{
    public bool Count(int row) => (isBot is null || !isBot[chunk.ClientAt(row)]) && (replaced is null || !replaced.Contains(chunk.RowAt(row))) && (last == long.MaxValue || chunk.RowAt(row) <= last);
}

/// <summary>The rows of one browser in one chunk.</summary>
/// <param name="Source">The chunk, by a number.</param>
internal readonly record struct Run(int Source, ulong Browser, int Start, int Count)
{
    /// <summary>The row behind the last.</summary>
    public int End => Start + Count;
}
