using DataGlue.Edge.Model;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Privacy;

/// <summary>The steps of one erasure: each finds some rows and erases them, until none is left.</summary>
/// <param name="browsers">The browsers of which tombstones tell already.</param>
internal sealed class ErasureRun(ErasureReader reader, WriteQueue queue, Tombstones tombstones, IEnumerable<string> browsers, TimeProvider clock)
{
    private readonly HashSet<string> touched = [.. browsers];

    private readonly HashSet<Tombstone> marked = [];

    /// <summary>The tombstones of browsers and sessions that names have led to.</summary>
    public List<Tombstone> Marked { get; } = [];

    /// <summary>How many rows of each table were erased.</summary>
    public Dictionary<string, long> Counts { get; } = new() { ["events"] = 0, ["identities"] = 0, ["sessions"] = 0, ["users"] = 0 };

    /// <param name="table"><c>events</c> or <c>sessions</c>.</param>
    /// <param name="find">Finds some, behind the last that was erased; null at first.</param>
    /// <param name="end">Of rows that a name has led to: until when it is erased.</param>
    public async Task EraseRowsAsync(string table, Func<EventKey?, List<ErasableRow>> find, EventKey? end = null)
    {
        EventKey? last = null;
        for (var rows = find(last); rows.Count > 0; rows = find(last))
        {
            var write = new RowsErasure(table, rows.Select(row => row.Id));
            await queue.SubmitAsync([.. Marks(rows, end), write]);
            Require(write, write.Count);
            Counts[table] += write.Count;
            Counts["sessions"] += write.Sessions;
            last = rows[^1].Key;
        }
    }

    public async Task EraseIdentitiesAsync(Func<List<ErasableRow>> find, EventKey? end = null)
    {
        for (var rows = find(); rows.Count > 0; rows = find())
        {
            var writes = rows.ConvertAll(row => new IdentityErasure(row.Id));
            await queue.SubmitAsync([.. Marks(rows, end), .. writes]);
            writes.ForEach(write => Require(write, write.Count));
            Counts["identities"] += writes.Sum(write => write.Count);
        }
    }

    public async Task EraseEmailsAsync(Func<List<ErasableEmailRow>> find)
    {
        for (var rows = find(); rows.Count > 0; rows = find())
        {
            touched.UnionWith(rows.Select(row => row.GlueUserId));
            var writes = rows.ConvertAll(row => new EmailErasure(row.Id, row.Fingerprint()));
            await queue.SubmitAsync(writes);
            writes.ForEach(write => Require(write, write.Count));
        }
    }

    public async Task EraseEmailsOfEventsAsync(Func<List<ErasableRow>> find)
    {
        for (var rows = find(); rows.Count > 0; rows = find())
        {
            var write = new EventEmailErasure(rows.Select(row => row.Id));
            await queue.SubmitAsync(write);
            Require(write, write.Count);
        }
    }

    /// <summary>Makes the profiles anew of which something is gone.</summary>
    /// <param name="wholes">Browsers of which all was erased.</param>
    public async Task EraseProfilesAsync(HashSet<string> wholes)
    {
        var writes = touched.Select(user => new ProfileErasure(user, wholes.Contains(user), Instants.Now(clock))).ToList();
        await queue.SubmitAsync(writes);
        writes.ForEach(write => Require(write, count: 1));
        Counts["users"] += writes.Sum(write => write.Count);
    }

    public async Task EndAsync(IEnumerable<long> applied) => await queue.SubmitAsync(new ErasureEnd(applied, Counts));

    // A browser that a name has led to still knows the sessions that went with the events, and syncs them; one that nobody has identified may sync the profile, too.
    // Tombstones that cover no time say so.
    private IEnumerable<Write> Marks(List<ErasableRow> rows, EventKey? end)
    {
        var browsers = rows.Select(row => row.GlueUserId).Distinct().Where(touched.Add).ToList();
        if (end is not { } until)
        {
            return [];
        }

        var subjects = browsers.FindAll(browser => !reader.IsIdentified(browser)).Select(Tombstones.SubjectOf)
            .Concat(rows.Where(row => row.SessionId is not null).Select(row => Tombstones.SubjectOf(row.GlueUserId, row.SessionId!)).Distinct());
        var marks = subjects.Select(subject => new Tombstone(tombstones.HashOf(subject), Whole: false, until, until)).Where(mark => marked.Add(mark)).ToList();
        if (marks.Count == 0)
        {
            return [];
        }

        Marked.AddRange(marks);
        return [new TombstonesTaken(marks.ConvertAll(mark => mark.ToList()), applied: false, () => tombstones.Add(marks))];
    }

    // A trigger may also pass over what it does not want deleted: then the same rows would be found for ever.
    private static void Require(Write write, long count)
    {
        if (write.IsRefused || count == 0)
        {
            throw new ErasureRefusedException();
        }
    }
}
