using System.Text.Json;
using DataGlue.Edge.Http;

namespace DataGlue.Edge.Ingest;

/// <summary>Reads the body of a post into a request without faults, or throws what is wrong with it.</summary>
public sealed class IngestBody(BodyBudget budget, IngestMetrics metrics, TimeProvider clock)
{
    /// <summary>Reads the object at whose start the reader stands.</summary>
    public delegate T BodyReader<out T>(ref Utf8JsonReader reader, long received, Faults faults);

    /// <summary>Makes something of a request while its body is still there.</summary>
    /// <param name="request">The request, without faults.</param>
    /// <param name="json">The body; its bytes are gone afterwards.</param>
    /// <param name="received">When it was received, in milliseconds since 1970.</param>
    public delegate TResult BodyUse<in T, out TResult>(T request, ReadOnlySpan<byte> json, long received);

    /// <summary>Reads a body of at most <paramref name="limit"/> bytes.</summary>
    /// <exception cref="RequestException">400 with every fault of the body, or what <see cref="RequestBody.ReadAsync"/> raises.</exception>
    public ValueTask<T> ReadAsync<T>(HttpRequest http, int limit, BodyReader<T> read)
        where T : class => ReadAsync(http, limit, read, static (request, _, _) => request);

    /// <summary>The same, for somebody who needs the text as well.</summary>
    public async ValueTask<TResult> ReadAsync<T, TResult>(HttpRequest http, int limit, BodyReader<T> read, BodyUse<T, TResult> use)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(use);
        using var body = await RequestBody.ReadAsync(http, limit, budget);
        var received = Instants.Now(clock);
        var faults = new Faults();
        var json = JsonFields.WithoutMark(body.Bytes);
        var request = JsonFields.ReadBody(json, faults, (ref reader) => read(ref reader, received, faults));
        if (faults.None && request is not null)
        {
            return use(request, json, received);
        }

        metrics.Rejected();
        throw new RequestException(StatusCodes.Status400BadRequest, faults.ToString());
    }
}
