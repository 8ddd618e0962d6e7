using DataGlue.Edge.Model;
using DataGlue.Edge.Privacy;
using DataGlue.Edge.Storage;
using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Home;

/// <summary>What a home does by itself at the start and every minute: it adopts rows that were put in by hand, goes on with what was to be erased,
/// and lets old events expire.</summary>
internal sealed partial class Upkeep(Adoption adoption, Erasure erasure, Retention retention, TimeProvider clock, ILogger<Upkeep> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, clock);
        do
        {
            await TryAsync(adoption.RunAsync);
            await TryAsync(erasure.ResumeAsync);
            await TryAsync(() => retention.RunAsync(stoppingToken));
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    // The database may be damaged where this alone reads, and takes writes elsewhere.
    private async Task TryAsync(Func<Task> run)
    {
        try
        {
            await run();
        }
        catch (StorageUnavailableException)
        {
            // The operator knows that the database takes no writes.
        }
        catch (Exception exception) when (exception is SqliteException or ErasureRefusedException)
        {
            LogFailed(exception is SqliteException sqlite ? Outage.Explain(Outage.CodeOf(sqlite)) : exception.Message);
        }
    }

    [LoggerMessage(EventId = 60, Level = LogLevel.Error, Message = "The upkeep of the database failed and is tried again in a minute: {Reason}")]
    private partial void LogFailed(string reason);
}
