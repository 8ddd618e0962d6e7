using System.Diagnostics;
using DataGlue.Edge.Storage;
using Microsoft.Data.Sqlite;
using Polly;
using Polly.Retry;

namespace DataGlue.Edge.Regions;

/// <summary>
/// Carries the outbox to the home, oldest first, and removes what the home has. It has no timer: it goes on as soon as there is something, and
/// waits longer and longer while the home takes nothing. At the home itself it stores what the database has kept from a time as an edge.
/// </summary>
internal sealed partial class Relay(Outbox outbox, OutboxReader reader, RelayTarget target, TimeProvider clock, ILogger<Relay> logger) : BackgroundService
{
    // As much as a client may send at once: a home must have the memory for several of them.
    private const int MaxBytes = 1024 * 1024;

    private const int AsideEvent = 34;

    private const int StuckEvent = 35;

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    private readonly ResiliencePipeline retry = new ResiliencePipelineBuilder().AddRetry(new RetryStrategyOptions
    {
        ShouldHandle = args => ValueTask.FromResult(args.Outcome.Exception is not null and not OperationCanceledException),
        BackoffType = DelayBackoffType.Exponential,
        UseJitter = true,
        Delay = TimeSpan.FromMilliseconds(200),
        MaxDelay = LongestPause,
        MaxRetryAttempts = int.MaxValue,
    }).Build();

    private readonly Pace pace = new(clock);
    private int most = RelayRequest.MaxItems;

    // The newest item of an earlier run.
    private long former;

    // An item on which the home fails each time, and that stands still while those behind it go on; and since when there is one.
    private long passed;
    private long passedSince;

    // The item on which the home has failed last.
    private long suspect;

    /// <inheritdoc/>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        former = outbox.Open();
        return base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The server takes requests meanwhile: a large outbox takes its time to count.
        await retry.ExecuteAsync(_ => { outbox.Count(former); return ValueTask.CompletedTask; }, stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            if (!await retry.ExecuteAsync(SendAsync, stoppingToken))
            {
                await WaitAsync(stoppingToken);
            }
        }
    }

    // Returns whether there was something; throws when the home has not taken it and it is better to wait.
    private async ValueTask<bool> SendAsync(CancellationToken stopping)
    {
        // However much comes behind them, those that stand still have another try.
        if (passed > 0 && Stopwatch.GetElapsedTime(passedSince) >= LongestPause)
        {
            passed = 0;
        }

        var newest = outbox.Committed;
        var rows = reader.After(passed, most, MaxBytes);
        if (rows.Count == 0)
        {
            if (passed == 0)
            {
                outbox.NoteEmpty();
            }

            outbox.Settle(newest);
            return false;
        }

        try
        {
            await AcknowledgeAsync(rows, await target.SendAsync(rows, stopping));
            most = Math.Min(2 * most, RelayRequest.MaxItems);
        }
        catch (HomeException exception) when (exception.Failure is HomeFailure.Failing or HomeFailure.Rejecting)
        {
            // While the home takes nothing else either, the fault is not in what was sent.
            await target.GreetAsync(stopping);
            await NarrowAsync(rows, exception);
        }
        catch (Exception exception) when (exception is not HomeException and not OperationCanceledException)
        {
            LogFailed(exception is StorageUnavailableException or SqliteException ? exception.Message : $"{exception.GetType().Name} {exception.StackTrace}");
            throw;
        }

        return true;
    }

    private Task AcknowledgeAsync(IReadOnlyList<OutboxRow> rows, IReadOnlyList<RelayResult> results)
    {
        var rejected = rows.Zip(results, (row, result) => (Row: row, Reason: result.ReasonAgainst())).Where(item => item.Reason is not null).ToList();
        if (rejected.Count > 0)
        {
            TellAside(rejected.Count, rejected[0].Row.Id);
        }

        return outbox.AcknowledgeAsync(rows, rejected!, Instants.Now(clock));
    }

    // Half of it is tried next, until the one item that fails is alone.
    private async Task NarrowAsync(IReadOnlyList<OutboxRow> rows, HomeException exception)
    {
        if (rows.Count > 1)
        {
            most = rows.Count / 2;
        }
        else if (exception.Failure == HomeFailure.Rejecting)
        {
            TellAside(1, rows[0].Id);
            await outbox.AcknowledgeAsync(rows, [(rows[0], exception.Detail)], Instants.Now(clock));
        }
        else if (suspect != rows[0].Id)
        {
            // Perhaps the home or the way to it failed just then: the same once more, before others go first.
            suspect = rows[0].Id;
            throw exception;
        }
        else
        {
            TellStuck(rows[0].Id, exception.Message);
            passedSince = passed == 0 ? Stopwatch.GetTimestamp() : passedSince;
            passed = rows[0].Id;
            outbox.Settle(passed);
        }
    }

    // Anybody may send items that the home rejects, or fails on: the log is told of them now and then.
    private void TellAside(int count, long id)
    {
        if (pace.Allows(AsideEvent))
        {
            LogAside(count, id, outbox.Discarded);
        }
    }

    private void TellStuck(long id, string reason)
    {
        if (pace.Allows(StuckEvent))
        {
            LogStuck(id, reason);
        }
    }

    private async Task WaitAsync(CancellationToken stopping)
    {
        if (passed == 0)
        {
            await outbox.WaitAsync(stopping);
            return;
        }

        // All the others have gone: those that stand still have another try, after a pause.
        using var pause = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        pause.CancelAfter(LongestPause);
        try
        {
            await outbox.WaitAsync(pause.Token);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            passed = 0;
        }
    }

    [LoggerMessage(EventId = AsideEvent, Level = LogLevel.Warning, Message = "The home has rejected {Count} items of the outbox, the first of them {Id}; GET /glue/outbox has what is aside, {Discarded} had no room there")]
    private partial void LogAside(int count, long id, long discarded);

    [LoggerMessage(EventId = StuckEvent, Level = LogLevel.Error, Message = "The home fails on item {Id} of the outbox, which is kept while others go on: {Reason}")]
    private partial void LogStuck(long id, string reason);

    [LoggerMessage(EventId = 36, Level = LogLevel.Error, Message = "The relay failed and tries again: {Reason}")]
    private partial void LogFailed(string reason);
}
