using DataGlue.Edge.Http;
using DataGlue.Edge.Wire.Json;

namespace DataGlue.Edge.Intake;

/// <summary>Reads the JSON body of a request into items without faults, or throws what is wrong with it.</summary>
internal sealed class ItemBody(BodyBudget budget, IntakeMetrics metrics, ServerIds ids, TimeProvider clock)
{
    /// <summary>Reads the object at whose start the reader stands.</summary>
    public delegate T BodyReader<out T>(ref Utf8JsonReader reader, Receipt receipt, Faults faults);

    /// <exception cref="RequestException">400 with every fault of the body, or what <see cref="RequestBody.ReadAsync"/> raises.</exception>
    public async ValueTask<T> ReadAsync<T>(HttpRequest request, BodyReader<T> read)
        where T : class
    {
        using var body = await RequestBody.ReadAsync(request, budget);
        var receipt = new Receipt(Instants.Now(clock), Provenance.Page, ids);
        var faults = new Faults();
        var item = JsonFields.ReadBody(JsonFields.WithoutMark(body.Bytes), faults, (ref reader) => read(ref reader, receipt, faults));
        if (faults.None && item is not null)
        {
            return item;
        }

        metrics.Rejected();
        throw new RequestException(StatusCodes.Status400BadRequest, faults.ToString());
    }
}
