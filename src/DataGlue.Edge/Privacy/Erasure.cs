using DataGlue.Edge.Journeys;
using DataGlue.Edge.Model;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Privacy;

/// <summary>Erases what is known of a browser or a person. One commit writes the tombstones; from then on nothing of it comes back, and the rows go in steps. What a
/// kill leaves undone, the next start finds again by the tombstones alone: it hashes every browser and name that it has.</summary>
internal sealed class Erasure(ErasureReader reader, Tombstones tombstones, WriteQueue queue, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan LogPatience = TimeSpan.FromSeconds(10);

    // One at a time: two would delete the same rows and count them once.
    private readonly SemaphoreSlim gate = new(1, 1);

    /// <summary>Erases all of a browser.</summary>
    /// <param name="key">Which key the owner showed; null where none was needed.</param>
    public Task<ErasureResult> EraseAsync(string browser, string? key)
    {
        var target = Browser(browser, new Window(EventKey.Start, null), Until([reader.NewestOfBrowser(browser)]), isWhole: true);
        return EraseAsync([target], "browser", key);
    }

    /// <summary>Erases what is a person's.</summary>
    public Task<ErasureResult> EraseAsync(Person person, string? newest, string kind, string? key)
    {
        var until = Until([newest, .. person.Names.Select(reader.NewestOfName)]);
        return EraseAsync(
            [
                .. person.Browsers.SelectMany(browser => browser.Windows.Select(window => Browser(browser.GlueUserId, window, until, isWhole: false))),
                .. person.Names.Select(name => new Target(null, name, new Tombstone(tombstones.HashOf(name), Whole: false, EventKey.Start, until))),
            ],
            kind,
            key);
    }

    /// <summary>Goes on with what was left undone, by a kill or because the database took no writes, and applies tombstones that another database has brought.</summary>
    public async Task ResumeAsync()
    {
        if (reader.Pending().Count == 0)
        {
            return;
        }

        await gate.WaitAsync();
        try
        {
            var pending = reader.Pending();
            var byHash = pending.ToLookup(row => row.Hash);
            var targets = Subjects().SelectMany(subject => byHash[subject.Hash].Select(row => new Target(subject.Browser, subject.Name, row.ToTombstone()))).ToList();
            await FinishAsync(targets, pending.ConvertAll(row => row.Id));
            await queue.EmptyLogAsync(LogPatience);
        }
        finally
        {
            gate.Release();
        }
    }

    public void Dispose() => gate.Dispose();

    private async Task<ErasureResult> EraseAsync(IReadOnlyList<Target> targets, string kind, string? key)
    {
        await gate.WaitAsync();
        try
        {
            var write = new TombstonesWrite([.. targets.Select(target => target.Tombstone)], kind, key, Instants.Now(clock), tombstones.Add);
            await queue.SubmitAsync(write);
            Require(write);
            var hashes = targets.Select(target => target.Tombstone.Hash).ToHashSet();
            var counts = await FinishAsync(targets, [.. reader.Pending().Where(row => hashes.Contains(row.Hash)).Select(row => row.Id)]);
            return new ErasureResult(counts, await queue.EmptyLogAsync(LogPatience));
        }
        finally
        {
            gate.Release();
        }
    }

    private Target Browser(string browser, Window window, EventKey until, bool isWhole)
    {
        var end = window.To is { } to && EventKey.Utf8Order.Compare(to, until) < 0 ? to : until;
        return new Target(browser, null, new Tombstone(tombstones.HashOf(Tombstones.SubjectOf(browser)), isWhole, window.From, end));
    }

    // Behind all that may be erased now, and all that may arrive of before.
    private EventKey Until(IEnumerable<string?> newest) => EventKey.EndOf(newest.Append(Instants.Format(Instants.Now(clock))).Max(StringComparer.Ordinal)!);

    private IEnumerable<(string Hash, string? Browser, string? Name)> Subjects()
    {
        var after = "";
        for (var some = reader.Browsers(after); some.Count > 0; some = reader.Browsers(after))
        {
            foreach (var browser in some)
            {
                yield return (tombstones.HashOf(Tombstones.SubjectOf(browser)), browser, null);
            }

            after = some[^1];
        }

        foreach (var name in reader.Names())
        {
            yield return (tombstones.HashOf(name), null, name);
        }
    }

    // The rows, in an order in which each can still be found after a kill: which session is whose, its events tell; whose events are, is in the tombstones.
    private async Task<Dictionary<string, long>> FinishAsync(IReadOnlyList<Target> targets, List<long> ids)
    {
        var run = new ErasureRun(queue, clock);
        var browsers = targets.Where(target => target.Browser is not null).Select(target => (Id: target.Browser!, target.Tombstone)).ToList();
        var names = targets.Where(target => target.Name is not null).Select(target => (Id: target.Name!, target.Tombstone.End)).ToList();
        foreach (var (browser, tombstone) in browsers)
        {
            await run.EraseRowsAsync("sessions", _ => reader.Sessions(browser, tombstone));
        }

        foreach (var (name, end) in names)
        {
            await run.EraseRowsAsync("sessions", _ => reader.NamedSessions(name, end));
        }

        foreach (var (browser, tombstone) in browsers)
        {
            await run.EraseRowsAsync("events", last => reader.Events(browser, tombstone, last ?? tombstone.Start));
            await run.EraseIdentitiesAsync(() => reader.Nameless(browser, tombstone));
            await run.EraseIdentitiesAsync(() => tombstone.Whole ? reader.Naming(browser, tombstone.End) : []);
        }

        foreach (var (name, end) in names)
        {
            await run.EraseRowsAsync("events", _ => reader.NamedEvents(name, end));
            await run.EraseRowsAsync("events", _ => PersonName.EmailOf(name) is { } email ? reader.ClaimedEvents(email, end) : []);
            await run.EraseIdentitiesAsync(() => reader.ByName(name, end));
        }

        var wholes = browsers.Where(browser => browser.Tombstone.Whole).Select(browser => browser.Id).ToHashSet();
        await run.EraseProfilesAsync(browsers.Select(browser => browser.Id), wholes);
        await run.EndAsync(ids);
        return run.Counts;
    }

    internal static void Require(Write write)
    {
        if (write.IsRefused)
        {
            throw new Http.RequestException(StatusCodes.Status400BadRequest, "A rule of the database's owner does not let this be erased; what was erased before it stays erased");
        }
    }

    // What is erased by a tombstone: of a browser, or by a name.
    private sealed record Target(string? Browser, string? Name, Tombstone Tombstone);
}

/// <summary>What was erased.</summary>
/// <param name="Counts">How many rows of each table.</param>
/// <param name="IsLogEmpty">Whether their bytes are gone too; a reader may hold the write-ahead log.</param>
internal sealed record ErasureResult(Dictionary<string, long> Counts, bool IsLogEmpty);
