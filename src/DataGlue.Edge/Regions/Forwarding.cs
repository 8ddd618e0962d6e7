using DataGlue.Edge.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace DataGlue.Edge.Regions;

/// <summary>Sends what only the home can answer on to it, and its answer back, piece by piece.</summary>
internal sealed class Forwarding(HomeLink home, Outbox outbox)
{
    // What describes the question; who asks it, the edge has looked into itself.
    private static readonly string[] RequestHeaders =
    [
        HeaderNames.Accept, HeaderNames.AcceptLanguage, HeaderNames.IfNoneMatch, HeaderNames.IfModifiedSince, HeaderNames.Range, HeaderNames.UserAgent,
        "Last-Event-ID",
    ];

    private static readonly string[] ContentHeaders = [HeaderNames.ContentType, HeaderNames.ContentEncoding, HeaderNames.ContentLength];

    // What belongs to one connection, and what each server says for itself.
    private static readonly string[] OwnHeaders =
    [
        HeaderNames.Connection, HeaderNames.KeepAlive, HeaderNames.TransferEncoding, HeaderNames.Trailer, HeaderNames.Upgrade, HeaderNames.Date, HeaderNames.Server,
    ];

    // So long a caller waits to find what it has just written.
    private static readonly TimeSpan OutboxPatience = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan HomePatience = TimeSpan.FromSeconds(15);

    /// <summary>Answers the request as the home does, or 503 when it does not.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        if (home.Problem is null)
        {
            await outbox.SettledAsync(OutboxPatience);
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
            return await home.ForwardAsync(request, RequestPath.Target(context), HomePatience, context.RequestAborted);
        }
        catch (HomeException exception)
        {
            throw new RequestException(
                StatusCodes.Status503ServiceUnavailable, $"This edge takes writes, but its home, which answers this, cannot be asked at present. {exception.Message}");
        }
    }

    private static HttpRequestMessage Copy(HttpContext context)
    {
        var copy = new HttpRequestMessage(new HttpMethod(context.Request.Method), (Uri?)null);
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true })
        {
            copy.Content = new StreamContent(context.Request.Body);
            CopyHeaders(ContentHeaders, context.Request.Headers, copy.Content.Headers);
        }

        CopyHeaders(RequestHeaders, context.Request.Headers, copy.Headers);
        return copy;
    }

    private static void CopyHeaders(string[] names, IHeaderDictionary from, System.Net.Http.Headers.HttpHeaders to)
    {
        foreach (var name in names)
        {
            if (from.TryGetValue(name, out var values))
            {
                to.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }
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
        try
        {
            await using var body = await from.Content.ReadAsStreamAsync(context.RequestAborted);
            await body.CopyToAsync(context.Response.Body, context.RequestAborted);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            // Part of the answer is out already: only a broken connection says that it is not whole.
            context.Abort();
        }
    }
}
