namespace DataGlue.Edge.Edge;

/// <summary>The home has not taken what was sent to it.</summary>
/// <param name="words">What the other side has said, if anything: it may quote what was sent, and belongs into no log.</param>
internal sealed class HomeException(HomeFailure failure, string message, string? words = null) : Exception(message)
{
    private const int MaxWords = 500;

    public HomeFailure Failure => failure;

    /// <summary>Whether what was sent may be at fault, and not the home.</summary>
    public bool MayBeTheItems => failure is HomeFailure.Failing or HomeFailure.Rejecting;

    /// <summary>The sentence, and what the other side has said.</summary>
    public string Detail => words is null ? Message : $"{Message}, {(words.Length > MaxWords ? words[..MaxWords] + "..." : words)}";
}

/// <summary>Why the home has not taken what was sent to it.</summary>
internal enum HomeFailure
{
    /// <summary>It does not answer, or says that it cannot at present: later it may.</summary>
    Away,

    /// <summary>It fails on what was sent, or takes too long over it: others may go through.</summary>
    Failing,

    /// <summary>It calls what was sent faulty.</summary>
    Rejecting,

    /// <summary>It may not or cannot take anything from this edge until somebody changes something: a key, a version, an address.</summary>
    Refusing,
}
