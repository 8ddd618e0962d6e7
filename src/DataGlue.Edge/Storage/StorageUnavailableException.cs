namespace DataGlue.Edge.Storage;

/// <summary>Storage takes no writes at present; the same request may succeed a little later.</summary>
/// <param name="message">A sentence for the caller, without a path or SQL.</param>
/// <param name="cause">What is wrong, for the operator, without a path or SQL.</param>
public sealed class StorageUnavailableException(string message, string cause) : Exception(message)
{
    /// <summary>What is wrong, for the operator, without a path or SQL.</summary>
    public string Cause => cause;

    /// <summary>Whether there is no room left on the disk.</summary>
    public bool IsDiskFull { get; init; }
}
