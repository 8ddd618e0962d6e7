using DataGlue.Edge.Model;
using DataGlue.Edge.Reports.Columns;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Privacy;

/// <summary>Removes events and sessions that are older than <c>RETENTION_DAYS</c>, some at a time. Profiles stay what they are.</summary>
internal sealed partial class Retention(ErasureReader reader, ErasureGate gate, WriteQueue queue, ColumnKeeper columns, Settings settings, TimeProvider clock, ILogger<Retention> logger)
{
    private static readonly TimeSpan LogPatience = TimeSpan.FromSeconds(1);

    // No index finds sessions by their time, so they are looked through now and then.
    private static readonly TimeSpan SessionsPeriod = TimeSpan.FromHours(1);

    private long? sessionsSeen;

    /// <exception cref="StorageUnavailableException">The database takes no writes.</exception>
    public async Task RunAsync(CancellationToken stopping)
    {
        if (settings.RetentionDays is not { } days)
        {
            return;
        }

        var before = Instants.Format(clock.GetUtcNow().AddDays(-days).ToUnixTimeMilliseconds());
        var removed = await ExpireEventsAsync(before, stopping) + await ExpireSessionsAsync(before, stopping);
        if (removed > 0)
        {
            await columns.ApplyChangesAsync();
            await queue.EmptyLogAsync(LogPatience);
            LogRemoved(removed, days);
        }
    }

    private async Task<long> ExpireEventsAsync(string before, CancellationToken stopping)
    {
        var removed = 0L;
        while (!stopping.IsCancellationRequested)
        {
            // What is read must not be erased before it is written as base rows.
            using var held = await gate.EnterAsync();
            var rows = reader.ExpiredEvents(before);
            if (rows.Count == 0)
            {
                break;
            }

            var writes = rows.GroupBy(row => row.GlueUserId).Select(user => new ExpireWrite(user.Key, [.. user], reader.BaseTimes(user.Key), before, Instants.Now(clock))).ToList();
            await queue.SubmitAsync(writes);
            var count = writes.Sum(write => write.Count);
            removed += count;
            if (count == 0 || writes.Exists(write => write.IsRefused))
            {
                LogRefused();
                return removed;
            }
        }

        return removed;
    }

    private async Task<long> ExpireSessionsAsync(string before, CancellationToken stopping)
    {
        if (sessionsSeen is { } seen && clock.GetElapsedTime(seen) < SessionsPeriod)
        {
            return 0;
        }

        sessionsSeen = clock.GetTimestamp();
        var removed = 0L;
        while (!stopping.IsCancellationRequested)
        {
            using var held = await gate.EnterAsync();
            var rows = reader.ExpiredSessions(before);
            if (rows.Count == 0)
            {
                break;
            }

            var write = new RowsErasure("sessions", rows.Select(row => row.Id));
            await queue.SubmitAsync(write);
            if (write.Count == 0)
            {
                LogRefused();
                return removed;
            }

            removed += write.Count;
        }

        return removed;
    }

    [LoggerMessage(EventId = 61, Level = LogLevel.Information, Message = "{Count} events and sessions are gone that were older than {Days} days")]
    private partial void LogRemoved(long count, int days);
    [LoggerMessage(EventId = 62, Level = LogLevel.Warning, Message = "A rule of the database's owner does not let events or sessions be removed that are older than RETENTION_DAYS")]
    private partial void LogRefused();
}
