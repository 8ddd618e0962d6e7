namespace DataGlue.Edge.Storage;

/// <summary>What an operator reads of the writer: codes and reasons of SQLite, never a value that was written.</summary>
internal sealed partial class GroupCommit
{
    [LoggerMessage(EventId = 4, Level = LogLevel.Warning, Message = "The database refused one {Write}: SQLite error {Code}")]
    private partial void LogRefused(string write, int code);

    [LoggerMessage(EventId = 5, Level = LogLevel.Critical, Message = "The writer failed: {Exception} {StackTrace}")]
    private partial void LogCrash(string exception, string? stackTrace);
}
