using DataGlue.Edge.Http;
using DataGlue.Edge.Security;
using DataGlue.Edge.Wire.Glue;
using Microsoft.Net.Http.Headers;

namespace DataGlue.Edge.Edge;

/// <summary>Sends what only the home can answer on to it, and its answer back, piece by piece.</summary>
internal sealed class Forwarding(HomeLink home, Outbox outbox)
{
    // What describes the question; the key of its caller goes beside it.
    private static readonly string[] RequestHeaders =
        [HeaderNames.Accept, HeaderNames.AcceptEncoding, HeaderNames.IfNoneMatch, HeaderNames.IfModifiedSince, HeaderNames.Range, HeaderNames.UserAgent];

    // What belongs to one connection, and what each server says for itself.
    private static readonly string[] OwnHeaders =
    [
        HeaderNames.Connection, HeaderNames.KeepAlive, HeaderNames.ProxyConnection, HeaderNames.TransferEncoding, HeaderNames.Trailer, HeaderNames.Upgrade,
        HeaderNames.AltSvc, HeaderNames.Date, HeaderNames.Server, RelayFormat.HomeHeader,
    ];

    // How long a read waits for what this edge has accepted before it.
    private static readonly TimeSpan OutboxPatience = TimeSpan.FromSeconds(1);

    // How long the home may send nothing in the middle of an answer.
    private static readonly TimeSpan IdlePatience = TimeSpan.FromSeconds(30);
    private const int BufferBytes = 16 * 1024;

    /// <summary>Answers the request as the home does, or 503 when it does not.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        if (home.Problem is null)
        {
            await outbox.WaitUntilTriedAsync(OutboxPatience);
        }

        using var request = Copy(context);
        using var response = await SendAsync(request, context);
        CopyHead(response, context.Response);
        await CopyBodyAsync(response, context);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, HttpContext context)
    {
        try
        {
            // The door has let a secret key in, and nothing else.
            var key = context.Request.Headers[ApiKeys.Header].ToString();
            return await home.ForwardAsync(request, RequestPath.Target(context), key, NodeRules.PatienceOf(context), context.RequestAborted);
        }
        catch (HomeException exception)
        {
            throw new RequestException(
                StatusCodes.Status503ServiceUnavailable, $"This edge takes writes, but its home, which answers this, cannot be asked at present. {exception.Detail}");
        }
    }

    // What is asked stands in its path: no read has a body.
    private static HttpRequestMessage Copy(HttpContext context)
    {
        var copy = new HttpRequestMessage(new HttpMethod(context.Request.Method), (Uri?)null);
        foreach (var name in RequestHeaders)
        {
            // What is not ASCII no client of ours sends on, and no answer depends on it.
            if (context.Request.Headers.TryGetValue(name, out var values) && values.All(value => value is not null && Ascii.IsValid(value)))
            {
                copy.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }

        return copy;
    }

    private static void CopyHead(HttpResponseMessage from, HttpResponse to)
    {
        to.StatusCode = (int)from.StatusCode;
        foreach (var (name, values) in from.Headers.NonValidated.Concat(from.Content.Headers.NonValidated))
        {
            if (!OwnHeaders.Contains(name, StringComparer.OrdinalIgnoreCase) && !to.Headers.ContainsKey(name))
            {
                to.Headers[name] = values.ToArray();
            }
        }
    }

    private static async Task CopyBodyAsync(HttpResponseMessage from, HttpContext context)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        try
        {
            await using var body = await from.Content.ReadAsStreamAsync(context.RequestAborted);
            var buffer = new byte[BufferBytes];
            int read;
            do
            {
                patience.CancelAfter(IdlePatience);
                read = await body.ReadAsync(buffer, patience.Token);
                patience.CancelAfter(Timeout.InfiniteTimeSpan);
                await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted);
            }
            while (read > 0);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            // Part of the answer is out already: only a broken connection says that it is not whole.
            context.Abort();
        }
    }
}
