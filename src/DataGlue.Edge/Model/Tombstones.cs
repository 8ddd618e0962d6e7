using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using Dapper;
using DataGlue.Edge.Intake;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Model;

/// <summary>What was erased and must not come back, by keyed hashes. As long as there are none, nothing is hashed. A tombstone holds from its commit on for every
/// write that has its turn later.</summary>
internal sealed class Tombstones
{
    private const string BrowserMark = "browser:";
    private const int HashBytes = 16;

    private readonly Database database;
    private readonly Counter<long> dropped;
    private volatile Lazy<State> state;

    public Tombstones(Database database, IMeterFactory meters)
    {
        this.database = database;
        state = Loading();
        dropped = meters.Create(Startup.Meter).CreateCounter<long>("dataglue.erased.writes", "{write}", "Writes that were dropped, because what they tell was erased");
    }

    // To ask the dictionary whether it is empty takes all its locks.
    private bool Any => state.Value.Any;

    private ConcurrentDictionary<UInt128, Tombstone[]> Known => state.Value.Known;

    /// <summary>The key of the hashes, in hex.</summary>
    public string Key => Convert.ToHexStringLower(state.Value.Key);

    /// <summary>How a browser is hashed; a name is hashed as it is.</summary>
    public static string SubjectOf(string browser) => BrowserMark + browser;

    /// <summary>How a session of a browser is hashed.</summary>
    public static string SubjectOf(string browser, string session) => $"session:{browser}\n{session}";

    public string HashOf(string subject) => ToHash(Encoding.UTF8.GetBytes(subject)).ToString("x32", CultureInfo.InvariantCulture);

    /// <summary>Reads them anew: another database has brought some, or their key.</summary>
    public void Reload() => state = Loading();

    /// <summary>Whether something of a browser, a session or a name was ever erased.</summary>
    public bool Have(string subject) => Any && Known.ContainsKey(ToHash(Encoding.UTF8.GetBytes(subject)));

    /// <summary>Some of them, behind one.</summary>
    public List<TombstoneRow> After(long after, int most) =>
        database.Read<List<TombstoneRow>>(connection => [.. connection.Query<TombstoneRow>(SqlFile.Read("read/tombstones_after"), new { after, most })]);

    /// <summary>Whether one is of this hash. A database that was restored from an older backup may have others under the same ids.</summary>
    public bool IsOf(long id, string hash) => database.Read(connection => connection.ExecuteScalar<bool>(SqlFile.Read("read/is_tombstone"), new { id, hash }));

    public void Add(IReadOnlyList<Tombstone> tombstones)
    {
        var current = state.Value;
        foreach (var tombstone in tombstones)
        {
            current.Known.AddOrUpdate(Parse(tombstone.Hash), [tombstone], (_, others) => [.. others, tombstone]);
        }

        current.Any |= tombstones.Count > 0;
    }

    /// <summary>Whether something of a browser was erased, and until when; null where nothing was.</summary>
    public EventKey? ErasedUntil(Utf8Text browser) => Of(BrowserMark, browser) is { Length: > 0 } tombstones ? tombstones.Select(tombstone => tombstone.End).Max(EventKey.Utf8Order) : null;

    /// <summary>Whether something of a browser at a place is erased that names nobody itself.</summary>
    public bool CoverNameless(Utf8Text browser, long time, Utf8Text id) => Cover(Of(BrowserMark, browser), time, id);

    /// <summary>Whether what a browser tells of a place is erased.</summary>
    /// <param name="account">That it names; none where it names none.</param>
    /// <param name="email">The e-mail that it names.</param>
    /// <param name="isClaim">Whether whom it names it only claims.</param>
    /// <param name="isEvent">Whether it is an event, which is the account's where it names both; an identification ties the two.</param>
    public bool Cover(Utf8Text browser, long time, Utf8Text id, Utf8Text account, Utf8Text email, bool isClaim, bool isEvent)
    {
        if (!Any)
        {
            return false;
        }

        var ofBrowser = Of(BrowserMark, browser);
        var isNameless = isClaim || !(account.IsPresent || email.IsPresent);
        return Cover(isNameless ? ofBrowser : ofBrowser.Where(tombstone => tombstone.Whole), time, id)
            || (account.IsPresent && Cover(Of("account:", account), time, id))
            || (email.IsPresent && (isClaim || !isEvent || !account.IsPresent) && Cover(Of("email:", EmailKey.Of(email)), time, id));
    }

    /// <summary>Whether an e-mail is erased at a place.</summary>
    public bool CoverEmail(Utf8Text email, long time, Utf8Text id) => Any && email.IsPresent && Cover(Of("email:", EmailKey.Of(email)), time, id);

    /// <summary>Until when somebody was erased, by a name; null where nobody was.</summary>
    public EventKey? ErasedUntil(string name) => !Have(name) ? null : Known[ToHash(Encoding.UTF8.GetBytes(name))].Select(tombstone => tombstone.End).Max(EventKey.Utf8Order);

    public void CountDropped() => dropped.Add(1);

    private Tombstone[] Of(string mark, Utf8Text subject) =>
        !Any ? [] : Known.GetValueOrDefault(ToHash([.. Encoding.ASCII.GetBytes(mark), .. subject.Span]), []);

    private static bool Cover(IEnumerable<Tombstone> tombstones, long time, Utf8Text id)
    {
        EventKey? place = null;
        foreach (var tombstone in tombstones)
        {
            if (tombstone.Covers(place ??= new EventKey(Instants.Format(time), id.ToString())))
            {
                return true;
            }
        }

        return false;
    }

    private UInt128 ToHash(ReadOnlySpan<byte> subject)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(state.Value.Key, subject, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash[..HashBytes]);
    }

    private static UInt128 Parse(string hash) => UInt128.Parse(hash, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    // A failure is not kept: the next who asks reads them again.
    private Lazy<State> Loading() => new(() => Load(database), LazyThreadSafetyMode.PublicationOnly);

    private static State Load(Database database)
    {
        var rows = All(database).Where(row => Tombstone.AreParts(row.ToTombstone().ToList())).GroupBy(row => Parse(row.Hash)).Select(rows => KeyValuePair.Create(rows.Key, rows.Select(row => row.ToTombstone()).ToArray()));
        return new State(Convert.FromHexString(KeyOf(database)), new ConcurrentDictionary<UInt128, Tombstone[]>(rows));
    }

    private static string KeyOf(Database database)
    {
        const string name = "tombstone_key";
        return database.Read(connection => connection.QueryFirst<string>(SqlFile.Read("read/server_state"), new { name }));
    }

    private static List<TombstoneRow> All(Database database) =>
        database.Read<List<TombstoneRow>>(connection => [.. connection.Query<TombstoneRow>(SqlFile.Read("read/tombstones"))]);

    private sealed class State(byte[] key, ConcurrentDictionary<UInt128, Tombstone[]> known)
    {
        private volatile bool any = !known.IsEmpty;

        public byte[] Key => key;

        public ConcurrentDictionary<UInt128, Tombstone[]> Known => known;

        public bool Any
        {
            get => any;
            set => any = value;
        }
    }
}

/// <summary>That something was erased.</summary>
/// <param name="Hash">Of a browser or a name, in hex.</param>
/// <param name="Whole">Whether it is all of a browser, and not only what names nobody itself.</param>
/// <param name="Start">From where on, with it.</param>
/// <param name="End">Up to where, without it.</param>
internal sealed record Tombstone(string Hash, bool Whole, EventKey Start, EventKey End)
{
    /// <summary>Whether these are the parts of one.</summary>
    public static bool AreParts(List<string> parts) => parts is [{ Length: 32 } hash, "0" or "1", _, _, _, _]
        && UInt128.TryParse(hash, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _);

    /// <summary>As other databases and the SQL take it.</summary>
    public List<string> ToList() => [Hash, Whole ? "1" : "0", Start.Timestamp, Start.EventId, End.Timestamp, End.EventId];

    public static string ToJson(IEnumerable<List<string>> tombstones) => JsonSerializer.Serialize([.. tombstones], ServerJson.Wire.ListListString);

    public bool Covers(EventKey place) => EventKey.Utf8Order.Compare(Start, place) <= 0 && EventKey.Utf8Order.Compare(place, End) < 0;
}

/// <summary>A tombstone as it is stored.</summary>
internal sealed class TombstoneRow
{
    public long Id { get; set; }
    public string Hash { get; set; } = "";
    public long Whole { get; set; }
    public string StartTime { get; set; } = "";
    public string StartId { get; set; } = "";
    public string EndTime { get; set; } = "";
    public string EndId { get; set; } = "";
    public long? Erasure { get; set; } // the row of erasures; null where another database has brought it
    public long Applied { get; set; } // 1 where the rows are gone

    public Tombstone ToTombstone() => new(Hash, Whole != 0, new EventKey(StartTime, StartId), new EventKey(EndTime, EndId));
}
