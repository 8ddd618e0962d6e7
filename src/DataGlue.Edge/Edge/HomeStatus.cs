using System.Net;

namespace DataGlue.Edge.Edge;

internal static class HomeStatus
{
    /// <summary>Why the home has not taken a relay, or answered a read.</summary>
    /// <param name="error">The home's own sentence, if it gave one.</param>
    public static HomeException Explain(HttpStatusCode status, string? error)
    {
        var (failure, sentence) = status switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => (HomeFailure.Refusing, "The home does not know the first key of API_KEY"),
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
