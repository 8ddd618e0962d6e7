namespace DataGlue.Edge.Edge;

/// <summary>What is known of the home from what it was sent last; the log is told when that changes.</summary>
internal sealed partial class HomeState(string address, TimeProvider clock, ILogger logger)
{
    private readonly LogThrottle throttle = new(clock);
    private volatile HomeException? problem;

    // The problem that the log knows of.
    private volatile string? told;
    private long lastSuccess;

    public HomeException? Problem => problem;

    public long? LastSuccess => Interlocked.Read(ref lastSuccess) is > 0 and var known ? known : null;

    /// <summary>Waits for an attempt, and notes what came of it.</summary>
    public async Task<T> NoteAsync<T>(Task<T> attempt)
    {
        try
        {
            var result = await attempt;
            NoteSuccess();
            return result;
        }
        catch (HomeException exception)
        {
            Note(exception);
            throw;
        }
    }

    // What is sent may be at fault: then nothing is wrong with the home.
    private void Note(HomeException exception)
    {
        if (exception.Failure == HomeFailure.Rejecting)
        {
            return;
        }

        problem = exception;
        if (told != exception.Message && throttle.Allows((int)exception.Failure))
        {
            told = exception.Message;
            LogProblem(exception.Message);
        }
    }

    private void NoteSuccess()
    {
        Interlocked.Exchange(ref lastSuccess, Instants.Now(clock));
        problem = null;
        if (told is not null)
        {
            told = null;
            LogAnswers(address);
        }
    }

    [LoggerMessage(EventId = 32, Level = LogLevel.Warning, Message = "The home has not taken what it was sent, which is kept: {Problem}")]
    private partial void LogProblem(string problem);
    [LoggerMessage(EventId = 33, Level = LogLevel.Information, Message = "The home at {Address} answers again")]
    private partial void LogAnswers(string address);
}
