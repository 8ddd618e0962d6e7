using DataGlue.Edge.Security;
using DataGlue.Edge.Storage;
using Microsoft.AspNetCore.Connections;
using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Http;

/// <summary>The only builder of error bodies: whatever raised the error, the reply has one shape.</summary>
internal static partial class ErrorBodies
{
    /// <summary>Gives every error below this point in the pipeline its JSON body.</summary>
    public static IApplicationBuilder UseErrorBodies(this IApplicationBuilder app)
    {
        var unreadable = new LogThrottle(app.ApplicationServices.GetRequiredService<TimeProvider>());
        return app.Use(next => context => RunAsync(context, next, unreadable));
    }

    /// <summary>Replies with an error.</summary>
    public static void Write(HttpResponse response, int status, string sentence) =>
        JsonReply.Write(response, status, new ErrorReply(sentence), ServerJson.Wire.ErrorReply);

    private static async Task RunAsync(HttpContext context, RequestDelegate next, LogThrottle unreadable)
    {
        try
        {
            await next(context);
        }
        catch (Exception exception) when (IsForNobody(context, exception))
        {
            return;
        }
        catch (SqliteException exception) when (IsTooLate(context))
        {
            // The connection is broken where the reply was; passed on, each would be a stack trace in the log.
            TellUnreadable(context, exception, unreadable);
            context.Abort();
            return;
        }
        catch (Exception exception) when (Sentence(context, exception, unreadable) is { } error)
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

    // An error of the client's own, which has gone meanwhile.
    private static bool IsForNobody(HttpContext context, Exception exception) => exception is ConnectionResetException
        || (exception is RequestException or StorageUnavailableException && context.RequestAborted.IsCancellationRequested);

    // Null lets the exception pass on: the client has gone, or has already part of a reply, so that only a broken connection can tell. Kestrel
    // would log it, but its log is off: it has an error with a stack trace for whatever a stranger breaks off.
    private static (int Status, string Sentence)? Sentence(HttpContext context, Exception exception, LogThrottle unreadable)
    {
        if (IsTooLate(context))
        {
            if (exception is not OperationCanceledException and not IOException)
            {
                LogCrash(Logger(context), exception.GetType().Name, exception.StackTrace);
            }

            return null;
        }

        switch (exception)
        {
            case RequestException request:
                return (request.Status, request.Message);
            case StorageUnavailableException storage:
                return (StatusCodes.Status503ServiceUnavailable, storage.Message);
            case SqliteException sqlite:
                TellUnreadable(context, sqlite, unreadable);
                return (StatusCodes.Status503ServiceUnavailable, "The database cannot be read at present; ask again a little later");
            case BadHttpRequestException bad:
                return (bad.StatusCode, Sentence(context, bad.StatusCode));
            default:
                LogCrash(Logger(context), exception.GetType().Name, exception.StackTrace);
                return (StatusCodes.Status500InternalServerError, Sentence(context, StatusCodes.Status500InternalServerError));
        }
    }

    private static bool IsTooLate(HttpContext context) => context.RequestAborted.IsCancellationRequested || context.Response.HasStarted;

    private static void TellUnreadable(HttpContext context, SqliteException exception, LogThrottle unreadable)
    {
        if (unreadable.Allows(exception.SqliteErrorCode))
        {
            LogUnreadable(Logger(context), exception.SqliteErrorCode, exception.Message);
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

        if (status is StatusCodes.Status413PayloadTooLarge or StatusCodes.Status408RequestTimeout)
        {
            // What is left of the body may be more than Kestrel reads; it ends the connection then, without a word in the reply.
            context.Response.Headers.Connection = "close";
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
