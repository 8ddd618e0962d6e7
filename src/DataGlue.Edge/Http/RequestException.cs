namespace DataGlue.Edge.Http;

/// <summary>A request that cannot be served: becomes an error body with this status and sentence.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="message">A sentence that says what to change.</param>
internal sealed class RequestException(int status, string message) : Exception(message)
{
    /// <summary>The HTTP status of the reply.</summary>
    public int Status => status;
}
