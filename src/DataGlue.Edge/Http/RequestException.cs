namespace DataGlue.Edge.Http;

/// <summary>A request that cannot be served: becomes an error body with this status and message, which says what to change.</summary>
internal sealed class RequestException(int status, string message) : Exception(message)
{
    public int Status => status;

    /// <summary>How long to wait before it is sent again; null where that would not help, or nobody knows.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
