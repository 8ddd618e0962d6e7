namespace DataGlue.Edge.Http;

/// <summary>The body of every error: <c>success</c> is false, <c>error</c> says what to change.</summary>
internal sealed record ErrorReply(bool Success, string Error);
