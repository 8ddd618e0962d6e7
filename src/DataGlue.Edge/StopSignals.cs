using System.Runtime.InteropServices;

namespace DataGlue.Edge;

/// <summary>Ends the server on a signal, as a supervisor, a keyboard or a terminal that is closed sends it, and says in the log which it was.</summary>
internal sealed partial class StopSignals(IHostApplicationLifetime lifetime, ILogger<StopSignals> logger) : IHostLifetime, IDisposable
{
    private readonly List<PosixSignalRegistration> registrations = [];

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        foreach (var signal in new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGHUP })
        {
            registrations.Add(PosixSignalRegistration.Create(signal, Stop));
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => registrations.ForEach(registration => registration.Dispose());

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        if (!lifetime.ApplicationStopping.IsCancellationRequested)
        {
            LogStopping(context.Signal);
            lifetime.StopApplication();
        }
    }

    [LoggerMessage(EventId = 40, Level = LogLevel.Information, Message = "DataGlue Edge stops: {Signal}")]
    private partial void LogStopping(PosixSignal signal);
}
