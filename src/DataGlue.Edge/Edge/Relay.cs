using DataGlue.Edge.Intake;
using DataGlue.Edge.Model;
using DataGlue.Edge.Storage;
using DataGlue.Edge.Wire.Glue;
using Microsoft.Data.Sqlite;
using Polly;
using Polly.Retry;
using Outcome = DataGlue.Edge.Intake.Outcome;

namespace DataGlue.Edge.Edge;

/// <summary>Gives items to the home. Returns what became of each, in their order.</summary>
/// <exception cref="HomeException">The home has not taken them, or has and could not say so.</exception>
internal delegate Task<IReadOnlyList<Outcome>> RelaySend(IReadOnlyList<OutboxRow> rows, CancellationToken stopping);

/// <summary>Carries the outbox to the home, oldest first. Items on which the home fails are tried alone, each at its own time, and hold up none of the others.</summary>
internal sealed partial class Relay(Outbox outbox, OutboxReader reader, RelaySend send, HomeTombstones tombstones, TimeProvider clock, ILogger<Relay> logger) : BackgroundService
{
    // As much as a client may send at once: a home must have the memory for several of them.
    private const int MaxBytes = 1024 * 1024;
    private const int AsideEvent = 34;
    private const int FailingEvent = 35;
    private const int StuckEvent = 36;
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    private readonly ResiliencePipeline retry = new ResiliencePipelineBuilder().AddRetry(new RetryStrategyOptions
    {
        ShouldHandle = args => ValueTask.FromResult(args.Outcome.Exception is not null and not OperationCanceledException),
        BackoffType = DelayBackoffType.Exponential,
        UseJitter = true,
        Delay = ShortestPause,
        MaxDelay = LongestPause,
        MaxRetryAttempts = int.MaxValue,
    }).Build();

    private readonly LogThrottle throttle = new(clock);
    private readonly SemaphoreSlim postponed = new(0);

    // The newest item of an earlier run.
    private long former;

    // The newest item that was tried.
    private long passed;

    private long Now => Instants.Now(clock);

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        former = outbox.Open();
        return base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        postponed.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The server takes requests meanwhile: a large outbox takes its time to count.
        await retry.ExecuteAsync(_ => { outbox.Count(former); return ValueTask.CompletedTask; }, stoppingToken);
        await Task.WhenAll(
            RunAsync(TrySendFreshAsync, outbox.WaitAsync, stoppingToken),
            RunAsync(TrySendDueAsync, stopping => postponed.WaitAsync(Pause(), stopping), stoppingToken));
    }

    // Sends as long as there is something, with pauses while the home takes nothing.
    private async Task RunAsync(Func<CancellationToken, Task<bool>> trySend, Func<CancellationToken, Task> wait, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            await retry.ExecuteAsync(async token => await SendOrWaitAsync(trySend, wait, token), stopping);
        }
    }

    private async Task SendOrWaitAsync(Func<CancellationToken, Task<bool>> trySend, Func<CancellationToken, Task> wait, CancellationToken stopping)
    {
        try
        {
            if (await trySend(stopping))
            {
                outbox.Problem = null;
            }
            else
            {
                await wait(stopping);
            }
        }
        catch (Exception exception) when (exception is not HomeException and not OperationCanceledException)
        {
            outbox.Problem = $"This node cannot go on with its outbox: {exception switch
            {
                StorageUnavailableException storage => storage.Cause,
                SqliteException sqlite => Outage.Explain(Outage.CodeOf(sqlite)),
                _ => exception.GetType().Name,
            }}";
            LogFailed(exception is StorageUnavailableException or SqliteException ? exception.Message : $"{exception.GetType().Name} {exception.StackTrace}");
            throw;
        }
    }

    // Returns whether there was something; throws when the home has not taken it and it is better to wait.
    private async Task<bool> TrySendFreshAsync(CancellationToken stopping)
    {
        var newest = outbox.Committed;
        var rows = reader.Fresh(passed, RelayFormat.MaxItems, MaxBytes);
        if (rows.Count > 0)
        {
            await SendAsync(rows, stopping);
            newest = passed = rows[^1].Id;
        }
        else
        {
            NoteEmpty();
        }

        outbox.NoteTried(newest);
        return rows.Count > 0;
    }

    private async Task<bool> TrySendDueAsync(CancellationToken stopping)
    {
        var row = reader.Due(Now, Now + (long)LongestPause.TotalMilliseconds);
        if (row is not null)
        {
            await SendAsync([row], stopping);
        }
        else
        {
            NoteEmpty();
        }

        return row is not null;
    }

    private void NoteEmpty()
    {
        if (reader.Oldest() is null)
        {
            outbox.NoteEmpty();
        }
    }

    private async Task SendAsync(IReadOnlyList<OutboxRow> rows, CancellationToken stopping)
    {
        try
        {
            var outcomes = await send(rows, stopping);
            List<(OutboxRow Row, string Reason)> rejected = [.. rows.Zip(outcomes, (row, outcome) => (row, Reason(outcome)!)).Where(item => item.Item2 is not null)];

            // What was erased does not wait for anybody.
            rejected.RemoveAll(item => tombstones.Match(item.Row.Item));
            await AcknowledgeAsync(rows, rejected);
        }
        catch (HomeException exception) when (exception.MayBeTheItems)
        {
            if (rows.Count == 1 && exception.Failure == HomeFailure.Rejecting)
            {
                await AcknowledgeAsync(rows, tombstones.Match(rows[0].Item) ? [] : [(rows[0], exception.Detail)]);
                return;
            }

            // Of several nobody knows which is at fault: each is tried alone, at once.
            await PostponeAsync(rows, rows.Count > 1 ? 0 : PauseAfter(rows[0].Attempts));
            if (rows.Count == 1 && throttle.Allows(FailingEvent))
            {
                LogFailing(rows[0].Id, exception.Message);
            }
        }
    }

    private async Task AcknowledgeAsync(IReadOnlyList<OutboxRow> rows, List<(OutboxRow Row, string Reason)> rejected)
    {
        // Anybody may send items that the home rejects: the log is told of them now and then.
        if (rejected.Count > 0 && throttle.Allows(AsideEvent))
        {
            LogAside(rejected.Count, outbox.Discarded);
        }

        if (await outbox.AcknowledgeAsync(rows, rejected, Now) is { Count: > 0 } stuck)
        {
            if (throttle.Allows(StuckEvent))
            {
                LogFailed("a rule of the database's owner does not let rejected items be put aside");
            }

            await PostponeAsync(stuck, PauseAfter(stuck.Max(row => row.Attempts)));
        }
    }

    private async Task PostponeAsync(IEnumerable<OutboxRow> rows, long pause)
    {
        await outbox.WriteAsync(new OutboxPostpone(rows.Select(row => row.Id), Instants.Utf8(Now + pause)));
        postponed.Release();
    }

    // Why the item, or a part of it, is not stored; null when all of it is.
    private static string? Reason(Outcome outcome)
    {
        const int listed = 20;
        if (outcome.Status == OutcomeStatus.Rejected)
        {
            return $"{outcome.Code}: {outcome.Error}";
        }

        return outcome.EventsRejected is { Count: > 0 } events
            ? $"Events of the sync were rejected: {string.Join("; ", events.Take(listed).Select(item => $"{item.Index}: {item.Error}"))}{(events.Count > listed ? $"; and {events.Count - listed} more" : "")}"
            : null;
    }

    // In milliseconds, with jitter.
    private static long PauseAfter(long attempts)
    {
        var longest = Math.Min(ShortestPause.TotalMilliseconds * Math.Pow(2, attempts), LongestPause.TotalMilliseconds);
        return (long)(longest * (0.5 + Random.Shared.NextDouble() / 2));
    }

    // Until the next item is due that the home has failed on.
    private TimeSpan Pause() => reader.NextTry() is { } next && Instants.TryParse(next, out var due)
        ? TimeSpan.FromMilliseconds(Math.Clamp(due - Now, 10, LongestPause.TotalMilliseconds))
        : Timeout.InfiniteTimeSpan;

    [LoggerMessage(EventId = AsideEvent, Level = LogLevel.Warning, Message = "The home has rejected items of the outbox: {Count}. GET /glue/outbox lists what is aside; {Discarded} had no room there")]
    private partial void LogAside(int count, long discarded);
    [LoggerMessage(EventId = FailingEvent, Level = LogLevel.Error, Message = "The home fails on item {Id} of the outbox, which is kept while others go on: {Reason}")]
    private partial void LogFailing(long id, string reason);
    [LoggerMessage(EventId = StuckEvent, Level = LogLevel.Error, Message = "The relay failed and tries again: {Reason}")]
    private partial void LogFailed(string reason);
}
