using DataGlue.Edge.Http;
using DataGlue.Edge.Security;
using DataGlue.Edge.Wire.Json;

namespace DataGlue.Edge.Intake;

/// <summary>Reads the JSON body of a request into items without faults, or throws what is wrong with it.</summary>
internal sealed class ItemBody(BodyBudget budget, EventLimiter limiter, Sources sources, IntakeMetrics metrics, ServerIds ids, TimeProvider clock)
{
    /// <summary>Reads the object at whose start the reader stands.</summary>
    public delegate T BodyReader<out T>(ref Utf8JsonReader reader, Receipt receipt, Faults faults);

    /// <summary>Reads the body, and takes what it costs of the caller's allowance, before anything is written.</summary>
    /// <exception cref="RequestException">400 with every fault of the body, 429, or what <see cref="RequestBody.ReadAsync"/> raises.</exception>
    public async ValueTask<T> ReadAsync<T>(HttpRequest request, BodyReader<T> read, Func<T, long> cost)
        where T : class
    {
        var provenance = sources.Of(request.HttpContext);
        using var body = await RequestBody.ReadAsync(request, budget);
        var receipt = new Receipt(Instants.Now(clock), provenance, ids);
        var faults = new Faults();
        var item = JsonBody.Read(JsonBody.WithoutMark(body.Bytes), faults, (ref reader) => read(ref reader, receipt, faults));
        if (faults.None && item is not null)
        {
            limiter.Take(request.HttpContext, cost(item));
            return item;
        }

        metrics.Rejected();
        throw new RequestException(StatusCodes.Status400BadRequest, faults.ToString());
    }
}
