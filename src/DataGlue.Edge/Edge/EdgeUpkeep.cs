using DataGlue.Edge.Storage;
using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Edge;

/// <summary>What an edge does by itself every minute: it asks its home what was erased there, and empties its log of what it has given away.</summary>
internal sealed class EdgeUpkeep(HomeLink home, HomeTombstones tombstones, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LogPatience = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await home.GreetAsync(stoppingToken);
                await tombstones.EmptyLogAsync(LogPatience);
            }
            catch (Exception exception) when (exception is HomeException or StorageUnavailableException or SqliteException)
            {
                // The next minute may find it, or take it.
            }
        }
    }
}
