using System.Text.Json.Serialization;

namespace DataGlue.Edge.Http;

/// <summary>The body of every error.</summary>
/// <param name="Success">Always false.</param>
/// <param name="Error">A sentence that says what to change.</param>
[method: JsonConstructor]
internal sealed record ErrorReply(bool Success, string Error)
{
    /// <summary>An error body with this sentence.</summary>
    public ErrorReply(string error)
        : this(false, error)
    {
    }
}
