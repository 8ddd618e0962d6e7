using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace DataGlue.Edge.Reports.Columns;

/// <summary>Some rows of one log and of some browsers, by columns: of each browser one after the other, in the order of time and event id. It holds its own texts, so that
/// none outlives the rows that had it.</summary>
internal sealed class Chunk
{
    /// <summary>Tells how a chunk is written. Chunks of another format are made anew.</summary>
    public const int Format = 1;

    // Behind the last column, so that a whole word of it can be read.
    private const int Padding = sizeof(ulong);

    private readonly Column browsers;
    private readonly Column counts;
    private readonly Column times;
    private readonly Column rows;
    private readonly Column texts;
    private readonly Column pages;
    private readonly Column sessions;
    private readonly Column touches;
    private readonly Column clients;
    private readonly Column names;
    private readonly Column emails;
    private readonly Column accounts;
    private readonly Column trusted;

    private readonly TextList json;
    private readonly (int Json, bool Counts, int Page)[] touchKeys;

    public Chunk(byte[] bytes)
        : this(bytes, bytes.Length)
    {
    }

    /// <param name="bytes">The chunk, and perhaps other bytes behind it.</param>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public Chunk(byte[] bytes, int length)
    {
        if (length < sizeof(ulong) || BinaryPrimitives.ReadUInt64LittleEndian(bytes) != XxHash3.HashToUInt64(bytes.AsSpan(sizeof(ulong), length - sizeof(ulong))))
        {
            throw new InvalidDataException("A chunk is not as it was written");
        }

        using var input = new BinaryReader(new MemoryStream(bytes, 0, length));
        input.BaseStream.Position = sizeof(ulong);
        (Browsers, Rows) = (input.ReadInt32(), input.ReadInt32());
        browsers = Column.Read(bytes, input, Browsers);
        counts = Column.Read(bytes, input, Browsers);
        times = Column.Read(bytes, input, Rows);
        rows = Column.Read(bytes, input, Rows);
        texts = Column.Read(bytes, input, Rows);
        pages = Column.Read(bytes, input, Rows);
        sessions = Column.Read(bytes, input, Rows);
        touches = Column.Read(bytes, input, Rows);
        clients = Column.Read(bytes, input, Rows);
        names = Column.Read(bytes, input, Rows);
        emails = Column.Read(bytes, input, Rows);
        accounts = Column.Read(bytes, input, Rows);
        trusted = Column.Read(bytes, input, Rows);
        Texts = new TextList(bytes, input);
        Pages = new TextList(bytes, input);
        json = new TextList(bytes, input);
        touchKeys = ReadList(input, reader => (reader.Read7BitEncodedInt(), reader.ReadBoolean(), reader.Read7BitEncodedInt()));
        Clients = ReadList(input, reader => new ClientFacts(ReadText(reader), ReadText(reader), ReadText(reader), ReadText(reader), reader.ReadBoolean()));
    }

    /// <summary>How many browsers it has rows of.</summary>
    public int Browsers { get; }

    public int Rows { get; }

    /// <summary>Whether any row names somebody.</summary>
    public bool HasNames => !names.IsEmpty;

    /// <summary>The names of events or kinds, by the numbers of the rows; in the other lists 0 is none, and 1 the first.</summary>
    public TextList Texts { get; }
    public TextList Pages { get; }
    public ClientFacts[] Clients { get; }

    /// <summary>The touches: the JSON of each, by its number in <see cref="TouchJson"/>, and the landing page, by its number.</summary>
    public IReadOnlyList<(int Json, bool Counts, int Page)> Touches => touchKeys;
    public TextList TouchJson => json;

    public ulong BrowserAt(int browser) => unchecked((ulong)browsers[browser]);
    public int CountAt(int browser) => (int)counts[browser];
    public long TimeAt(int row) => times[row];
    public long RowAt(int row) => rows[row];
    public int TextAt(int row) => (int)texts[row];
    public int PageAt(int row) => (int)pages[row];
    public long SessionAt(int row) => sessions[row];
    public int TouchAt(int row) => (int)touches[row];
    public int ClientAt(int row) => (int)clients[row];
    public ulong NameAt(int row) => unchecked((ulong)names[row]);
    public ulong EmailAt(int row) => unchecked((ulong)emails[row]);
    public ulong AccountAt(int row) => unchecked((ulong)accounts[row]);
    public bool IsTrustedAt(int row) => trusted[row] != 0;

    /// <summary>All rows, as they were put in but for their event ids.</summary>
    public IEnumerable<LogRow> AllRows()
    {
        var row = 0;
        for (var browser = 0; browser < Browsers; browser++)
        {
            for (var end = row + CountAt(browser); row < end; row++)
            {
                yield return new LogRow(
                    RowAt(row), BrowserAt(browser), TimeAt(row), null, Texts[TextAt(row)], PageAt(row) is > 0 and var page ? Pages[page - 1] : null, unchecked((ulong)SessionAt(row)),
                    TouchAt(row) is > 0 and var touch ? TouchOf(touchKeys[touch - 1]) : null, ClientAt(row) is > 0 and var client ? Clients[client - 1] : null,
                    NameAt(row), EmailAt(row), AccountAt(row), IsTrustedAt(row));
            }
        }
    }

    private StoredTouch? TouchOf((int Json, bool Counts, int Page) key) => new StoredTouch(json[key.Json], key.Counts, key.Page > 0 ? Pages[key.Page - 1] : null);

    /// <summary>The hosts of pages that people looked at.</summary>
    public IEnumerable<string> PageViewHosts() => AllRows().Where(IsPageView).Select(row => SessionFilter.HostOf(row.Page)).OfType<string>();

    /// <summary>Whom its rows name, and on which browsers.</summary>
    public IEnumerable<(ulong Name, ulong Browser)> AllNames() => HasNames ? AllRows().Where(row => row.Name != 0).Select(row => (row.Name, row.Browser)) : [];

    public static bool IsPageView(LogRow row) => row.Text == SessionFilter.PageView && row.Client is { IsBot: false };

    /// <param name="sorted">At least one row, in the order of a chunk.</param>
    public static byte[] Encode(List<LogRow> sorted)
    {
        var output = new MemoryStream();
        using var writer = new BinaryWriter(output);
        var (texts, pages, touches, clients) = (new Numbers<string>(0), new Numbers<string>(1), new Numbers<StoredTouch>(1), new Numbers<ClientFacts>(1));
        var (browsers, counts) = (new List<long>(), new List<long>());
        foreach (var row in sorted)
        {
            var browser = unchecked((long)row.Browser);
            if (browsers.Count == 0 || browsers[^1] != browser)
            {
                browsers.Add(browser);
                counts.Add(0);
            }

            counts[^1]++;
        }

        writer.Write(0UL); // the hash of what follows
        writer.Write(browsers.Count);
        writer.Write(sorted.Count);
        Column.Write(writer, CollectionsMarshal.AsSpan(browsers));
        Column.Write(writer, CollectionsMarshal.AsSpan(counts));
        var values = new long[sorted.Count];
        Write(row => row.Time);
        Write(row => row.Row);
        Write(row => texts.Of(row.Text));
        Write(row => row.Page is null ? 0 : pages.Of(row.Page));
        Write(row => unchecked((long)row.Session));
        Write(row => row.Touch is { } touch ? touches.Of(touch) : 0);
        var touchJson = new Numbers<string>(0);
        var stored = touches.All.Select(touch => (Json: touchJson.Of(touch.Json), touch.Counts, Page: touch.Landing is null ? 0 : pages.Of(touch.Landing))).ToList();
        Write(row => row.Client is null ? 0 : clients.Of(row.Client));
        Write(row => unchecked((long)row.Name));
        Write(row => unchecked((long)row.Email));
        Write(row => unchecked((long)row.Account));
        Write(row => row.Trusted ? 1 : 0);
        WriteList(writer, texts.All, writer.Write);
        WriteList(writer, pages.All, writer.Write);
        WriteList(writer, touchJson.All, writer.Write);
        WriteList(writer, stored, touch =>
        {
            writer.Write7BitEncodedInt(touch.Json);
            writer.Write(touch.Counts);
            writer.Write7BitEncodedInt(touch.Page);
        });
        WriteList(writer, clients.All, client =>
        {
            Array.ForEach([client.Device, client.Browser, client.Os, client.Country], text => WriteText(writer, text));
            writer.Write(client.IsBot);
        });
        writer.Write(new byte[Padding]);
        var bytes = output.ToArray();
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, XxHash3.HashToUInt64(bytes.AsSpan(sizeof(ulong))));
        return bytes;

        void Write(Func<LogRow, long> value)
        {
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = value(sorted[i]);
            }

            Column.Write(writer, values);
        }
    }

    private static void WriteList<T>(BinaryWriter output, IReadOnlyList<T> values, Action<T> write)
    {
        output.Write7BitEncodedInt(values.Count);
        foreach (var value in values)
        {
            write(value);
        }
    }

    private static T[] ReadList<T>(BinaryReader input, Func<BinaryReader, T> read)
    {
        var count = input.Read7BitEncodedInt();
        var list = new T[count];
        for (var i = 0; i < count; i++)
        {
            list[i] = read(input);
        }

        return list;
    }

    private static void WriteText(BinaryWriter output, string? text)
    {
        output.Write(text is not null);
        if (text is not null)
        {
            output.Write(text);
        }
    }

    private static string? ReadText(BinaryReader input) => input.ReadBoolean() ? input.ReadString() : null;

    /// <summary>Gives each value a number, from the first on.</summary>
    private sealed class Numbers<T>(int first)
        where T : notnull
    {
        private readonly Dictionary<T, int> numbers = [];
        private readonly List<T> all = [];

        public IReadOnlyList<T> All => all;

        public int Of(T value)
        {
            if (!numbers.TryGetValue(value, out var number))
            {
                number = all.Count + first;
                numbers.Add(value, number);
                all.Add(value);
            }

            return number;
        }
    }
}
