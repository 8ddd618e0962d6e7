using DataGlue.Edge.Security;
using DataGlue.Edge.Storage;
using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Http;

/// <summary>The only builder of error bodies: whatever raised the error, the reply has one shape.</summary>
public static partial class ErrorBodies
{
    /// <summary>Gives every error below this point in the pipeline its JSON body.</summary>
    public static IApplicationBuilder UseErrorBodies(this IApplicationBuilder app) => app.Use(next => context => RunAsync(context, next));

    /// <summary>Replies with an error.</summary>
    public static void Write(HttpResponse response, int status, string sentence) =>
        JsonReply.Write(response, status, new ErrorReply(sentence), EdgeJson.Wire.ErrorReply);

    private static async Task RunAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (Exception exception) when (Sentence(context, exception) is { } error)
        {
            Reply(context, error.Status, error.Sentence);
            return;
        }

        if (!context.Response.HasStarted && context.Response.StatusCode >= StatusCodes.Status400BadRequest
            && context.Response.ContentLength is null && context.Response.ContentType is null)
        {
            Reply(context, context.Response.StatusCode, Sentence(context, context.Response.StatusCode));
        }
    }

    // Null lets the exception pass on: the client has gone, or has already part of a reply, so that only a broken connection can tell.
    private static (int Status, string Sentence)? Sentence(HttpContext context, Exception exception)
    {
        if (context.RequestAborted.IsCancellationRequested || context.Response.HasStarted)
        {
            return null;
        }

        switch (exception)
        {
            case RequestException request:
                return (request.Status, request.Message);
            case StorageUnavailableException storage:
                return (StatusCodes.Status503ServiceUnavailable, storage.Message);
            case SqliteException unreadable:
                LogUnreadable(Logger(context), unreadable.SqliteErrorCode, unreadable.Message);
                return (StatusCodes.Status503ServiceUnavailable, "The database cannot be read at present; ask again a little later");
            case BadHttpRequestException bad:
                return (bad.StatusCode, Sentence(context, bad.StatusCode));
            default:
                LogCrash(Logger(context), exception.GetType().Name, exception.StackTrace);
                return (StatusCodes.Status500InternalServerError, Sentence(context, StatusCodes.Status500InternalServerError));
        }
    }

    private static void Reply(HttpContext context, int status, string sentence)
    {
        var allow = context.Response.Headers.Allow;
        context.Response.Clear();
        context.Response.Headers.Allow = allow;
        SecurityHeaders.Set(context.Response);
        if (status == StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = "1";
        }

        Write(context.Response, status, sentence);
    }

    private static string Sentence(HttpContext context, int status) => status switch
    {
        StatusCodes.Status404NotFound =>
            "No such path; post to /glue/identify, /glue/track, /glue/sync or /glue/batch, or get /glue/user/{glue_user_id} or /glue/user/email/{email}",
        StatusCodes.Status405MethodNotAllowed => $"Method not allowed; use {context.Response.Headers.Allow}",
        StatusCodes.Status408RequestTimeout => "The body came too slowly; send it again at once",
        StatusCodes.Status413PayloadTooLarge => "The body is too large",
        StatusCodes.Status500InternalServerError => "The server failed on this request; its log says why",
        _ => "The request is not valid HTTP; check its headers and the framing of its body",
    };

    private static ILogger Logger(HttpContext context) =>
        context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("DataGlue.Edge");

    [LoggerMessage(EventId = 6, Level = LogLevel.Error, Message = "The database cannot be read: SQLite error {Code}, {Reason}")]
    private static partial void LogUnreadable(ILogger logger, int code, string reason);

    // Without the exception's message, which may quote what was sent.
    [LoggerMessage(EventId = 2, Level = LogLevel.Error, Message = "A request failed: {Exception} {StackTrace}")]
    private static partial void LogCrash(ILogger logger, string exception, string? stackTrace);
}
