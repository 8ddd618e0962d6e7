using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace DataGlue.Edge.Http;

/// <summary>The whole body of a request in one piece; dispose it when its bytes are read.</summary>
/// <remarks>A body that has come whole stays where the server has received it; one that comes in parts is put together in a rented buffer.</remarks>
internal sealed class RequestBody : IDisposable
{
    // What few bytes may become: without a bound, a stranger pays for hundreds of bytes, and the server writes hundreds of thousands. JSON of real clients
    // comes to a tenth or a thirtieth; a small body may be as it likes.
    private const long MostRatio = 100;
    private const int AnyRatio = 64 * 1024;

    private readonly HttpContext context;
    private readonly PipeReader reader;
    private readonly BodyLimit rule;
    private readonly int limit;
    private readonly BodyBudget budget;
    private readonly ReceivedBody? compressed;
    private ReadOnlySequence<byte>? received;
    private byte[]? rented;
    private int length;

    private RequestBody(HttpRequest request, BodyBudget budget)
    {
        (context, reader, this.budget) = (request.HttpContext, request.BodyReader, budget);
        rule = context.GetEndpoint()!.Metadata.GetRequiredMetadata<BodyLimit>();
        limit = rule.Bytes;
        compressed = CompressedBodies.Of(request);
    }

    public ReadOnlySpan<byte> Bytes => rented is null ? received.GetValueOrDefault().FirstSpan : rented.AsSpan(0, length);

    /// <summary>Reads a JSON body, of at most as many bytes, decompressed, as its endpoint allows.</summary>
    /// <exception cref="RequestException">
    /// 415 for another content type or encoding, 413 for a body over the limit or decompressed from too little, 400 for one that cannot be decompressed, 503 when unfinished bodies
    /// hold all the memory that they may.
    /// </exception>
    /// <exception cref="BadHttpRequestException">The body came too slowly, or its framing is broken.</exception>
    public static async ValueTask<RequestBody> ReadAsync(HttpRequest request, BodyBudget budget)
    {
        RequireJson(request);
        var body = new RequestBody(request, budget);
        body.LimitReceived(request);
        try
        {
            await body.FillAsync(request.HttpContext.RequestAborted);
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (rented is not null)
        {
            budget.Return(rented);
            rented = null;
        }

        Consume();
    }

    // This limit holds for what is read, Kestrel's for what comes in, so that a compressed body that decompresses to nothing ends too. Data that cannot
    // be compressed gets a little larger.
    private void LimitReceived(HttpRequest request)
    {
        if (compressed is null && request.ContentLength > limit)
        {
            throw TooLarge();
        }

        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } kestrel)
        {
            kestrel.MaxRequestBodySize = compressed is not null ? 2L * limit : null;
        }
    }

    private async ValueTask FillAsync(CancellationToken aborted)
    {
        // Nearly every body has come whole. Reading a compressed one may take long without any output.
        if (compressed is not null || !await ReadPartAsync(aborted))
        {
            // Kestrel requires an average rate, so that a client that has sent much at once may then pause for an hour.
            using var timeout = budget.Timeout();
            do
            {
                Keep();
            }
            while (!await ReadPartAsync(timeout.Token));
        }

        if (rented is not null || received is { IsSingleSegment: false })
        {
            Keep();
        }

        if (compressed is not null && rule.BoundsRatio && length > Math.Max(AnyRatio, MostRatio * compressed.Count))
        {
            throw new RequestException(
                StatusCodes.Status413PayloadTooLarge, $"The body decompresses to more than {MostRatio} times what came; send less at a time, or without Content-Encoding");
        }
    }

    // Returns whether this was the last part. Kestrel reports a broken chunk as a bare IOException, and a trailer that is not text as an
    // InvalidOperationException, which would look like crashes; and each decompressor has an exception of its own.
    private async ValueTask<bool> ReadPartAsync(CancellationToken cancelled)
    {
        ReadResult result;
        try
        {
            result = await reader.ReadAsync(cancelled);
        }
        catch (OperationCanceledException) when (cancelled.IsCancellationRequested)
        {
            throw new BadHttpRequestException("The body came too slowly", StatusCodes.Status408RequestTimeout);
        }
        catch (BadHttpRequestException exception) when (exception.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw TooLarge();
        }
        catch (Exception exception) when (compressed is not null && exception is InvalidDataException or InvalidOperationException)
        {
            throw new RequestException(StatusCodes.Status400BadRequest, "The body cannot be decompressed; check that it is what Content-Encoding says");
        }
        catch (ConnectionResetException)
        {
            // Else Kestrel would try to read the rest of the body, and log an error.
            context.Abort();
            throw;
        }
        catch (Exception exception) when (exception is InvalidOperationException or IOException and not BadHttpRequestException)
        {
            throw new BadHttpRequestException("The framing of the body is broken", StatusCodes.Status400BadRequest, exception);
        }

        received = result.Buffer;
        return length + result.Buffer.Length <= limit ? result.IsCompleted : throw TooLarge();
    }

    // Appends what was received to the buffer. A declared length is only a claim: the buffer grows with what has come.
    private void Keep()
    {
        if (received is not { } part)
        {
            return;
        }

        var total = length + (int)part.Length;
        if (rented is null || rented.Length < total)
        {
            var former = rented;
            rented = budget.Rent(Math.Min(2 * total, limit));
            if (former is not null)
            {
                former.AsSpan(0, length).CopyTo(rented);
                budget.Return(former);
            }
        }

        part.CopyTo(rented.AsSpan(length));
        length = total;
        Consume();
    }

    private void Consume()
    {
        if (received is { } part)
        {
            reader.AdvanceTo(part.End);
            received = null;
        }
    }

    private static void RequireJson(HttpRequest request)
    {
        if (request.Headers.ContentEncoding.Count > 0)
        {
            throw new RequestException(StatusCodes.Status415UnsupportedMediaType, "Content-Encoding must be gzip, br or deflate, or absent");
        }

        // Proxies double the header: then each of them counts.
        if (request.ContentType is { } type && type != JsonReply.MediaType && !type.Split(',').All(IsJson))
        {
            throw new RequestException(StatusCodes.Status415UnsupportedMediaType, "Content-Type must be application/json or text/plain, in UTF-8, or absent");
        }
    }

    private static bool IsJson(string contentType) => string.IsNullOrWhiteSpace(contentType)
        || (MediaTypeHeaderValue.TryParse(contentType.TrimEnd(' ', ';'), out var type)
            && type.MediaType.ToString().ToLowerInvariant() is JsonReply.MediaType or "text/plain"
            && HeaderUtilities.RemoveQuotes(type.Charset).ToString().ToLowerInvariant() is "" or "utf-8" or "utf8");

    private RequestException TooLarge() => new(StatusCodes.Status413PayloadTooLarge, $"The body is larger than {limit} bytes; send less at a time");
}

/// <summary>How large a body an endpoint takes, in bytes.</summary>
/// <param name="BoundsRatio">Whether a compressed one may decompress to so many times of what came only. What an edge sends is not a stranger's.</param>
internal sealed record BodyLimit(int Bytes, bool BoundsRatio = true);
