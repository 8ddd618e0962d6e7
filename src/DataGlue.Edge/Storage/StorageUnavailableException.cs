namespace DataGlue.Edge.Storage;

/// <summary>Storage takes no writes at present; the same request may succeed a little later.</summary>
/// <param name="message">A sentence for the caller, without a path or SQL.</param>
/// <param name="cause">What is wrong, for the operator, without a path or SQL.</param>
internal sealed class StorageUnavailableException(string message, string cause) : Exception(message)
{
    public string Cause => cause;

    public bool IsDiskFull { get; init; }
}
