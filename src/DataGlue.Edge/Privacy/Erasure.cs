using DataGlue.Edge.Journeys;
using DataGlue.Edge.Model;
using DataGlue.Edge.Reports.Columns;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Privacy;

/// <summary>Erases what is known of a browser or a person. One commit writes the tombstones; from then on nothing of it comes back, and the rows go in steps. What a
/// kill leaves undone, the next start finds again by the tombstones alone: it hashes every browser and name that it has.</summary>
internal sealed class Erasure(ErasureReader reader, Tombstones tombstones, ErasureGate gate, WriteQueue queue, ColumnKeeper columns, TimeProvider clock)
{
    private const long MostAhead = 24 * 60 * 60 * 1_000;
    private static readonly TimeSpan LogPatience = TimeSpan.FromSeconds(10);

    /// <summary>Erases all of a browser.</summary>
    /// <param name="key">Which key the owner showed; null where none was needed.</param>
    /// <exception cref="ErasureRefusedException">A rule of the owner's does not allow it.</exception>
    public Task<ErasureResult> EraseAsync(string browser, string? key) => EraseAsync(
        () => [Browser(browser, new Window(EventKey.Start, null), Until([reader.NewestOfBrowser(browser)]), isWhole: true)], "browser", key);

    /// <summary>Erases what is a person's.</summary>
    /// <param name="find">Finds the person, and the newest of the events.</param>
    /// <param name="kind"><c>email</c> or <c>account</c>.</param>
    /// <exception cref="ErasureRefusedException">A rule of the owner's does not allow it.</exception>
    public Task<ErasureResult> EraseAsync(Func<(Person Person, string? Newest)> find, string kind, string? key) => EraseAsync(
        () =>
        {
            var (person, newest) = find();
            var open = person.Browsers.Where(browser => browser.Windows[^1].To is null).Select(browser => reader.NewestOfBrowser(browser.GlueUserId));
            var until = Until([newest, .. person.Names.Select(reader.NewestOfName), .. open]);
            return
            [
                .. person.Browsers.SelectMany(browser => browser.Windows.Select(window => Browser(browser.GlueUserId, window, until, isWhole: false))),
                .. person.Names.Select(name => new Target(null, name, new Tombstone(tombstones.HashOf(name), Whole: false, EventKey.Start, until))),
            ];
        },
        kind,
        key);

    /// <summary>Goes on with what was left undone, by a kill or because the database took no writes, and applies tombstones that another database has brought.</summary>
    /// <exception cref="ErasureRefusedException">A rule of the owner's does not allow it.</exception>
    public async Task ResumeAsync()
    {
        if (reader.Pending().Count == 0)
        {
            return;
        }

        using var turn = await gate.EnterAsync();
        var pending = reader.Pending();
        var byHash = pending.ToLookup(row => row.Hash);
        var targets = Subjects().SelectMany(subject => byHash[subject.Hash].Select(row => (row.Erasure, Target: new Target(subject.Browser, subject.Name, row.ToTombstone())))).ToLookup(found => found.Erasure, found => found.Target);
        ErasureRefusedException? refused = null;
        foreach (var erasure in pending.GroupBy(row => row.Erasure))
        {
            try
            {
                await FinishAsync([.. targets[erasure.Key]], [.. erasure.Select(row => row.ToTombstone())]);
            }
            catch (ErasureRefusedException exception)
            {
                refused = exception;
            }
        }

        await columns.ApplyChangesAsync();
        await queue.EmptyLogAsync(LogPatience);
        if (refused is not null)
        {
            throw refused;
        }
    }

    private async Task<ErasureResult> EraseAsync(Func<IReadOnlyList<Target>> find, string kind, string? key)
    {
        using var turn = await gate.EnterAsync();
        var targets = find();
        var write = new TombstonesWrite([.. targets.Select(target => target.Tombstone)], kind, key, Instants.Now(clock), tombstones.Add);
        await queue.SubmitAsync(write);
        if (write.IsRefused)
        {
            throw new ErasureRefusedException();
        }

        var counts = await FinishAsync(targets, [.. targets.Select(target => target.Tombstone)]);
        await columns.ApplyChangesAsync();
        return new ErasureResult(counts, await queue.EmptyLogAsync(LogPatience));
    }

    private Target Browser(string browser, Window window, EventKey until, bool isWhole)
    {
        var end = window.To is { } to && EventKey.Utf8Order.Compare(to, until) < 0 ? to : until;
        return new Target(browser, null, new Tombstone(tombstones.HashOf(Tombstones.SubjectOf(browser)), isWhole, window.From, end));
    }

    // Behind all that may be erased now, and all that may arrive of before; what is no time, or one that no wire takes, is not waited for.
    private EventKey Until(IEnumerable<string?> newest)
    {
        var now = Instants.Now(clock);
        var latest = newest.Select(text => text is not null && Instants.TryParse(text, out var instant) && instant <= now + MostAhead ? instant : now).Append(now).Max();
        return EventKey.EndOf(Instants.Format(latest));
    }

    private IEnumerable<(string Hash, string? Browser, string? Name)> Subjects()
    {
        foreach (var browser in reader.Browsers())
        {
            yield return (tombstones.HashOf(Tombstones.SubjectOf(browser)), browser, null);
        }

        foreach (var name in reader.Names())
        {
            yield return (tombstones.HashOf(name), null, name);
        }
    }

    // The rows. Whose they are is in the tombstones, so that each can still be found after a kill; a session goes in one commit with an event that it holds.
    private async Task<Dictionary<string, long>> FinishAsync(IReadOnlyList<Target> targets, List<Tombstone> applied)
    {
        var browsers = targets.Where(target => target.Browser is not null).Select(target => (Id: target.Browser!, target.Tombstone)).ToList();
        var names = targets.Where(target => target.Name is not null).Select(target => (Id: target.Name!, target.Tombstone.End)).ToList();
        var run = new ErasureRun(reader, queue, tombstones, browsers.Select(browser => browser.Id), clock);
        foreach (var (browser, tombstone) in browsers)
        {
            await run.EraseRowsAsync("events", last => reader.Events(browser, tombstone, last ?? tombstone.Start));
            await run.EraseRowsAsync("sessions", _ => reader.Sessions(browser, tombstone));
            await run.EraseIdentitiesAsync(() => reader.Nameless(browser, tombstone));
            await run.EraseIdentitiesAsync(() => tombstone.Whole ? reader.Naming(browser, tombstone.End) : []);
        }

        foreach (var (name, end) in names)
        {
            await run.EraseRowsAsync("events", _ => reader.NamedEvents(name, end), end);
            await EraseClaimedEventsAsync(run, name, end);
            await run.EraseIdentitiesAsync(() => reader.ByName(name, end), end);
        }

        // What is somebody else's keeps all but the e-mail.
        foreach (var (email, end) in names.Where(name => PersonName.EmailOf(name.Id) is not null).Select(name => (PersonName.EmailOf(name.Id)!, name.End)))
        {
            await run.EraseEmailsAsync(() => reader.Emails(email, end));
            await run.EraseEmailsOfEventsAsync(() => reader.EmailsOfEvents(email, end));
        }

        var wholes = browsers.Where(browser => browser.Tombstone.Whole).Select(browser => browser.Id).ToHashSet();
        await run.EraseProfilesAsync(wholes);
        var done = applied.Concat(run.Marked).ToHashSet();
        await run.EndAsync(reader.Pending().Where(row => done.Contains(row.ToTombstone())).Select(row => row.Id));
        return run.Counts;
    }

    private async Task EraseClaimedEventsAsync(ErasureRun run, string name, EventKey end)
    {
        if (PersonName.AccountOf(name) is { } account)
        {
            await run.EraseRowsAsync("events", _ => reader.ClaimedEventsOfAccount(account, end), end);
        }

        foreach (var email in reader.SpellingsOf(PersonName.EmailOf(name)))
        {
            await run.EraseRowsAsync("events", _ => reader.ClaimedEvents(email, end), end);
        }
    }

    // What is erased by a tombstone: of a browser, or by a name.
    private sealed record Target(string? Browser, string? Name, Tombstone Tombstone);
}

/// <summary>What was erased.</summary>
/// <param name="Counts">How many rows of each table.</param>
/// <param name="IsLogEmpty">Whether their bytes are gone too; a reader may hold the write-ahead log.</param>
internal sealed record ErasureResult(Dictionary<string, long> Counts, bool IsLogEmpty);
