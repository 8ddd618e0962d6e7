using DataGlue.Edge.Storage;
using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Reports.Columns;

/// <summary>Keeps the chunks of reports in step with the logs: appends what has come, merges small chunks into larger ones, and follows changes. One step at a time, each short,
/// and with pauses, since the writes of visitors come first.</summary>
internal sealed partial class ColumnKeeper(ColumnReader reader, WriteQueue queue, TimeProvider clock, ILogger<ColumnKeeper> logger) : BackgroundService
{
    /// <summary>So many rows are appended at once where nothing else is said.</summary>
    public const int DefaultRowsTogether = 4_096;

    private const int MergedTogether = 32;
    private const int Merges = 2;

    // A larger chunk is not merged any more, in bytes: so many of these are all that is in memory, and that an erasure writes anew.
    private const long MostMerged = 96 * 1024;

    // At most a quarter of the time.
    private const int PauseFactor = 3;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim gate = new(1, 1);
    private readonly RowTexts texts = reader.OpenTexts();
    private int drops;
    private int appends = MergedTogether; // since chunks were merged; a start looks first

    /// <summary>So many rows are appended at once. What is not appended yet, a report reads from the log.</summary>
    public int RowsTogether { get; set; } = DefaultRowsTogether;

    /// <summary>How often the chunks were emptied.</summary>
    public int Drops => Volatile.Read(ref drops);

    /// <summary>Takes up what has changed in the logs, so that nothing of what was deleted is left in the chunks.</summary>
    /// <exception cref="StorageUnavailableException">The database takes no writes.</exception>
    public async Task ApplyChangesAsync()
    {
        while (await AloneAsync(() => ApplyAsync(reader.State())))
        {
        }
    }

    /// <summary>Empties the chunks: they are made anew.</summary>
    public Task DropAsync() => AloneAsync(DropAllAsync);

    /// <summary>Appends all that is there to append, without pauses.</summary>
    public async Task CatchUpAsync(CancellationToken cancelled)
    {
        while (await StepAsync())
        {
            cancelled.ThrowIfCancellationRequested();
        }
    }

    public override void Dispose()
    {
        gate.Dispose();
        texts.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Not at once: a start has other things to do.
        var failures = 0;
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Period, clock, stoppingToken);
            try
            {
                for (var start = clock.GetTimestamp(); await StepAsync() && !stoppingToken.IsCancellationRequested; start = clock.GetTimestamp())
                {
                    await Task.Delay(clock.GetElapsedTime(start) * PauseFactor, clock, stoppingToken);
                }

                failures = 0;
            }
            catch (StorageUnavailableException)
            {
                // The operator knows that the database takes no writes.
            }
            catch (SqliteException exception)
            {
                if (failures++ == 0)
                {
                    LogFailed(Outage.Explain(Outage.CodeOf(exception)));
                }
            }
        }
    }

    // One step; false where there is nothing to do.
    private Task<bool> StepAsync() => AloneAsync(async () =>
    {
        var state = reader.State();
        return state.IsReadable
            ? await ApplyAsync(state) || await MergeAsync() || await AppendAsync(state, Log.Events) || await AppendAsync(state, Log.Identities)
            : await DropAllAsync();
    });

    private async Task<bool> AloneAsync(Func<Task<bool>> step)
    {
        await gate.WaitAsync();
        try
        {
            return await step();
        }
        catch (InvalidDataException exception)
        {
            LogDamaged(exception.Message);
            return await DropAllAsync();
        }
        finally
        {
            gate.Release();
        }
    }

    // From the first write on the chunks count for nothing. A report that has begun before does not see which are missing.
    private async Task<bool> DropAllAsync()
    {
        Interlocked.Increment(ref drops);
        await queue.SubmitAsync(new ReportFormat());
        for (var part = 0; part < ColumnReader.Parts; part++)
        {
            foreach (var log in Enum.GetValues<Log>())
            {
                await queue.SubmitAsync(new ReportChunk(log, part, 0, 0, reader.ChunkList(log, part).Select(chunk => chunk.Id), null));
            }
        }

        return true;
    }

    private async Task<bool> AppendAsync(ColumnState state, Log log)
    {
        // Counted, since somebody may have given a row an id far behind the others.
        var first = state.Stored(log) + 1;
        var next = reader.Next(log, first - 1, RowsTogether);
        if (next.Count < RowsTogether)
        {
            return false;
        }

        var last = next.Last;

        // From here on the changes of these rows are noted, so that none is missed between the reading and the writing.
        await queue.SubmitAsync(new ReportWatch(log, last));
        var writes = new List<Write>();
        foreach (var part in reader.Rows(log, first - 1, last).SelectMany(rows => rows).GroupBy(row => ColumnReader.PartOf(row.Browser)))
        {
            var merge = NewMerge(log);
            merge.AddUnsorted(part);
            writes.Add(new ReportChunk(log, part.Key, first, last, [], EncodedChunk.Of(log, part.Key, merge.Sorted())));
        }

        // What is not marked as stored counts for nothing, wherever a kill comes between.
        await queue.SubmitAsync([.. writes, new ReportStored(log, last)]);
        appends++;
        return true;
    }

    // Thirty-two chunks of one size become one of the next.
    private async Task<bool> MergeAsync()
    {
        if (appends < MergedTogether)
        {
            return false;
        }

        appends = 0;
        var merged = false;
        foreach (var log in Enum.GetValues<Log>())
        {
            for (var part = 0; part < ColumnReader.Parts; part++)
            {
                if (FindMergeable(reader.ChunkList(log, part)) is not { } some)
                {
                    continue;
                }

                var ids = some.Select(chunk => chunk.Id).ToHashSet();
                var merge = NewMerge(log);
                foreach (var stored in reader.Chunks(log, part))
                {
                    using (stored)
                    {
                        merge.Add(ids.Contains(stored.Id) ? stored.Chunk.AllRows() : []);
                    }
                }

                await queue.SubmitAsync(new ReportChunk(
                    log, part, some.Min(chunk => chunk.FirstRow), some.Max(chunk => chunk.LastRow), ids, merge.Count == 0 ? null : EncodedChunk.Of(log, part, merge.Sorted())));
                merged = true;
            }
        }

        return merged;
    }

    private List<StoredChunkRow>? FindMergeable(List<StoredChunkRow> chunks)
    {
        var (least, most) = (0L, (long)RowsTogether);
        for (var merge = 0; merge < Merges; (least, most) = (most, most * MergedTogether), merge++)
        {
            var some = chunks.FindAll(chunk => chunk.Size <= MostMerged && chunk.LastRow - chunk.FirstRow + 1 is var rows && rows > least && rows <= most);
            if (some.Count >= MergedTogether)
            {
                return some[..MergedTogether];
            }
        }

        return null;
    }

    private async Task<bool> ApplyAsync(ColumnState state)
    {
        if (!state.IsReadable || state.Changes.Count == 0)
        {
            return false;
        }

        foreach (var log in Enum.GetValues<Log>())
        {
            var changed = state.Changes.FindAll(change => change.Log == ColumnReader.NameOf(log) && change.Row <= state.Stored(log));
            var gone = changed.ToLookup(change => ColumnReader.PartOf(NameNumber.OfBrowser(change.GlueUserId)), change => change.Row);
            var fresh = reader.RowsOf(log, changed.Select(change => change.Row).Distinct()).ToLookup(row => ColumnReader.PartOf(row.Browser));
            foreach (var part in gone.Select(some => some.Key).Concat(fresh.Select(some => some.Key)).Distinct())
            {
                await ApplyAsync(log, part, [.. gone[part].Order()], [.. fresh[part]]);
            }
        }

        await queue.SubmitAsync(new ReportChanged(state.Changes[^1].Id));
        return true;
    }

    // A row that has come back stands in the first chunk that reaches as far.
    private async Task ApplyAsync(Log log, int part, List<long> changed, List<LogRow> fresh)
    {
        var chunks = reader.ChunkList(log, part);
        if (chunks.Count == 0 && fresh.Count > 0)
        {
            await ReplaceAsync(log, part, fresh.Min(row => row.Row), fresh.Max(row => row.Row), null, [], fresh);
            return;
        }

        var homes = fresh.ToLookup(row => Math.Max(chunks.FindIndex(chunk => row.Row <= chunk.LastRow) is >= 0 and var found ? found : chunks.Count - 1, 0));
        var touched = Enumerable.Range(0, chunks.Count).Where(i => homes.Contains(i) || Reaches(changed, chunks[i])).ToDictionary(i => chunks[i].Id, i => homes[i].ToList());
        if (touched.Count == 0)
        {
            return;
        }

        foreach (var stored in reader.Chunks(log, part))
        {
            using var held = stored;
            if (!touched.TryGetValue(stored.Id, out var added))
            {
                continue;
            }

            var kept = stored.Chunk.AllRows().Where(row => changed.BinarySearch(row.Row) < 0).ToList();
            if (kept.Count < stored.Chunk.Rows || added.Count > 0)
            {
                await ReplaceAsync(log, part, stored.FirstRow, stored.LastRow, stored.Id, kept, added);
            }
        }
    }

    private static bool Reaches(List<long> sorted, StoredChunkRow chunk)
    {
        var place = sorted.BinarySearch(chunk.FirstRow);
        return place >= 0 || (~place < sorted.Count && sorted[~place] <= chunk.LastRow);
    }

    private Task ReplaceAsync(Log log, int part, long first, long last, long? id, List<LogRow> kept, List<LogRow> fresh)
    {
        var merge = NewMerge(log);
        merge.Add(kept);
        merge.AddUnsorted(fresh);
        var (least, most) = fresh.Aggregate((first, last), (bounds, row) => (Math.Min(bounds.first, row.Row), Math.Max(bounds.last, row.Row)));
        IEnumerable<long> replaced = id is { } one ? [one] : [];
        return queue.SubmitAsync(new ReportChunk(log, part, least, most, replaced, merge.Count == 0 ? null : EncodedChunk.Of(log, part, merge.Sorted())));
    }

    private ChunkMerge NewMerge(Log log) => new(row => texts.EventIdOf(log, row));

    [LoggerMessage(EventId = 64, Level = LogLevel.Warning, Message = "The columns that reports read are made anew: {Reason}")]
    private partial void LogDamaged(string reason);

    [LoggerMessage(EventId = 63, Level = LogLevel.Error, Message = "The columns that reports read cannot be kept, so reports read the logs and are slow: {Reason}")]
    private partial void LogFailed(string reason);
}
