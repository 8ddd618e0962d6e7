namespace DataGlue.Edge.Tests.Fuzz;

/// <summary>How the bytes of a request are sent.</summary>
public enum Delivery
{
    /// <summary>It is framed as HTTP wants it: it shares its connection with others, and must be answered.</summary>
    Shared,

    /// <summary>Where it ends is anybody's guess: it has a connection of its own, of which the sending side is then shut.</summary>
    Alone,

    /// <summary>Its client is gone as soon as it is sent.</summary>
    Abandoned,
}

/// <summary>The bytes of a request, and what its answer may be.</summary>
/// <param name="Endpoint">What it aims at, for the table of the run.</param>
/// <param name="Bytes">All of it, head and body.</param>
/// <param name="Delivery">How it is sent.</param>
/// <param name="HasSoundHead">
/// Whether the request line and the headers can be parsed, so that even an error is an answer of the application and not one of Kestrel's own.
/// </param>
public sealed record HostileRequest(string Endpoint, byte[] Bytes, Delivery Delivery, bool HasSoundHead)
{
    /// <summary>Whether the connection ends with its answer, by its own wish.</summary>
    public bool IsLast { get; init; }

    /// <summary>The event that it stores and its visitor, when it is a write that nothing is wrong with.</summary>
    public (string EventId, string User)? Good { get; init; }

    /// <summary>Whether its answer has no body.</summary>
    public bool IsHead => Bytes.AsSpan().StartsWith("HEAD "u8);
}
