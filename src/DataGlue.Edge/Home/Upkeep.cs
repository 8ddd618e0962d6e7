using DataGlue.Edge.Model;

namespace DataGlue.Edge.Home;

/// <summary>What a home does by itself at the start and every minute: it adopts rows that were put in by hand.</summary>
internal sealed class Upkeep(Adoption adoption, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, clock);
        do
        {
            await adoption.RunAsync();
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
