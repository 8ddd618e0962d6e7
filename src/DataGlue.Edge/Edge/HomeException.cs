using System.Net;

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

    /// <summary>What a status means; <paramref name="error"/> is the sentence that came with it, if any.</summary>
    public static HomeException Of(HttpStatusCode status, string? error)
    {
        var (failure, sentence) = status switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => (HomeFailure.Refusing, "The home does not know the key that this edge shows it (RELAY_KEY, or else the first API_KEY)"),
            HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed => (HomeFailure.Refusing, "What answers at the home's address takes no relays; it may be an older version"),
            HttpStatusCode.NotImplemented => (HomeFailure.Refusing, "The home is older than this edge"),
            HttpStatusCode.MisdirectedRequest => (HomeFailure.Refusing, "Another database than the home's answers at its address"),
            HttpStatusCode.LoopDetected => (HomeFailure.Refusing, "What answers at the home's address is an edge itself"),
            HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable => (HomeFailure.Away, "The home takes nothing at present"),

            // A proxy before the home says so when the home is not there, and also when it has crashed on what was sent.
            HttpStatusCode.RequestTimeout or HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout => (HomeFailure.Failing, "The home does not answer the proxy before it"),
            >= HttpStatusCode.InternalServerError => (HomeFailure.Failing, "The home fails"),
            >= HttpStatusCode.BadRequest => (HomeFailure.Rejecting, "The home calls it faulty"),
            _ => (HomeFailure.Refusing, "What answers at the home's address is no home"),
        };
        return new HomeException(failure, $"{sentence}: {(int)status}", error);
    }
}

/// <summary>Why the home has not taken what was sent to it.</summary>
internal enum HomeFailure
{
    Away, // it does not answer, or says that it cannot at present: later it may
    Failing, // it fails on what was sent, or takes too long over it: others may go through
    Rejecting, // it calls what was sent faulty
    Refusing, // it takes nothing from this edge until somebody changes something: a key, a version, an address
}
