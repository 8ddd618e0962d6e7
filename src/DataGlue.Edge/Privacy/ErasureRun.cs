using DataGlue.Edge.Model;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Privacy;

/// <summary>The steps of one erasure: each finds some rows and erases them, until none is left.</summary>
internal sealed class ErasureRun(WriteQueue queue, TimeProvider clock)
{
    private readonly HashSet<string> touched = [];

    /// <summary>How many rows of each table were erased.</summary>
    public Dictionary<string, long> Counts { get; } = new() { ["events"] = 0, ["identities"] = 0, ["sessions"] = 0, ["users"] = 0 };

    /// <param name="table"><c>events</c> or <c>sessions</c>.</param>
    /// <param name="find">Finds some, behind the last that was erased; null at first.</param>
    public async Task EraseRowsAsync(string table, Func<EventKey?, List<ErasableRow>> find)
    {
        EventKey? last = null;
        for (var rows = find(last); rows.Count > 0; rows = find(last))
        {
            var write = new RowsErasure(table, rows.Select(row => row.Id));
            await queue.SubmitAsync(write);
            Erasure.Require(write);
            Counts[table] += write.Count;
            touched.UnionWith(rows.Select(row => row.GlueUserId));
            last = rows[^1].Key;
        }
    }

    public async Task EraseIdentitiesAsync(Func<List<ErasableRow>> find)
    {
        for (var rows = find(); rows.Count > 0; rows = find())
        {
            var writes = rows.ConvertAll(row => new IdentityErasure(row.Id));
            await queue.SubmitAsync(writes);
            writes.ForEach(Erasure.Require);
            Counts["identities"] += writes.Sum(write => write.Count);
            touched.UnionWith(rows.Select(row => row.GlueUserId));
        }
    }

    /// <summary>Makes the profiles anew of which something is gone.</summary>
    /// <param name="browsers">Those of the erasure; a kill may have come between their rows and their profiles.</param>
    /// <param name="wholes">Those of which all was erased.</param>
    public async Task EraseProfilesAsync(IEnumerable<string> browsers, HashSet<string> wholes)
    {
        var writes = touched.Union(browsers).Select(user => new ProfileErasure(user, wholes.Contains(user), Instants.Now(clock))).ToList();
        await queue.SubmitAsync(writes);
        writes.ForEach(Erasure.Require);
        Counts["users"] += writes.Sum(write => write.Count);
    }

    public async Task EndAsync(List<long> tombstones) => await queue.SubmitAsync(new ErasureEnd(tombstones, Counts));
}
