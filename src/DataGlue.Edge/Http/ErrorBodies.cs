using DataGlue.Edge.Storage;
using Microsoft.AspNetCore.Connections;
using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Http;

/// <summary>The body of every error: <c>success</c> is false, <c>error</c> says what to change.</summary>
internal sealed record ErrorReply(bool Success, string Error);

/// <summary>Builds every error body, whatever raised the error.</summary>
internal static partial class ErrorBodies
{
    /// <summary>Gives every error below this point in the pipeline its JSON body.</summary>
    public static IApplicationBuilder UseErrorBodies(this IApplicationBuilder app)
    {
        var unreadable = new LogThrottle(app.ApplicationServices.GetRequiredService<TimeProvider>());
        return app.Use(next => context => RunAsync(context, next, unreadable));
    }

    public static void Write(HttpResponse response, int status, string sentence) =>
        JsonReply.Write(response, status, new ErrorReply(false, sentence), ServerJson.Wire.ErrorReply);

    /// <summary>A time for <c>Retry-After</c>: in whole seconds, at least one.</summary>
    public static string Seconds(TimeSpan wait) => Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);

    private static async Task RunAsync(HttpContext context, RequestDelegate next, LogThrottle unreadable)
    {
        try
        {
            await next(context);
        }
        catch (Exception exception) when (IsClientGone(context, exception))
        {
            return;
        }
        catch (Exception exception)
        {
            var isTooLate = context.RequestAborted.IsCancellationRequested || context.Response.HasStarted;
            Log(context, exception, isTooLate, unreadable);
            if (!isTooLate)
            {
                var (status, sentence) = Describe(context, exception);
                Reply(context, status, sentence, (exception as RequestException)?.RetryAfter);
                return;
            }

            // Only a broken connection can show the error now. Kestrel breaks it, with its own log off: that has a stack trace for each request that a
            // client breaks off. SQLite's errors stay here, because rethrown they would be a stack trace in the log.
            if (exception is not SqliteException)
            {
                throw;
            }

            context.Abort();
            return;
        }

        if (!context.Response.HasStarted && context.Response.StatusCode >= StatusCodes.Status400BadRequest
            && context.Response.ContentLength is null && context.Response.ContentType is null)
        {
            Reply(context, context.Response.StatusCode, Sentence(context, context.Response.StatusCode));
        }
    }

    private static bool IsClientGone(HttpContext context, Exception exception) => exception is ConnectionResetException
        || (exception is RequestException or StorageUnavailableException && context.RequestAborted.IsCancellationRequested);

    private static void Log(HttpContext context, Exception exception, bool isTooLate, LogThrottle unreadable)
    {
        var isExpected = isTooLate
            ? exception is OperationCanceledException or IOException
            : exception is RequestException or StorageUnavailableException or BadHttpRequestException;
        switch (exception)
        {
            case SqliteException sqlite when unreadable.Allows(sqlite.SqliteErrorCode):
                LogUnreadable(Logger(context), sqlite.SqliteErrorCode, sqlite.Message);
                break;
            case not SqliteException when !isExpected:
                LogCrash(Logger(context), exception.GetType().Name, exception.StackTrace);
                break;
        }
    }

    private static (int Status, string Sentence) Describe(HttpContext context, Exception exception) => exception switch
    {
        RequestException request => (request.Status, request.Message),
        StorageUnavailableException => (StatusCodes.Status503ServiceUnavailable, exception.Message),
        SqliteException => (StatusCodes.Status503ServiceUnavailable, "The database cannot be read at present; ask again a little later"),
        BadHttpRequestException bad => (bad.StatusCode, Sentence(context, bad.StatusCode)),
        _ => (StatusCodes.Status500InternalServerError, Sentence(context, StatusCodes.Status500InternalServerError)),
    };

    private static void Reply(HttpContext context, int status, string sentence, TimeSpan? retryAfter = null)
    {
        var allow = context.Response.Headers.Allow;
        context.Response.Clear();
        context.Response.Headers.Allow = allow;
        SecurityHeaders.Set(context.Response);
        if (retryAfter is not null || status == StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = Seconds(retryAfter ?? TimeSpan.Zero);
        }

        if (status is StatusCodes.Status413PayloadTooLarge or StatusCodes.Status408RequestTimeout)
        {
            // The rest of the body may be more than Kestrel reads; it then ends the connection, and the reply would not say so.
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

    private static ILogger Logger(HttpContext context) => context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("DataGlue.Edge");

    [LoggerMessage(EventId = 6, Level = LogLevel.Error, Message = "The database cannot be read: SQLite error {Code}, {Reason}")]
    private static partial void LogUnreadable(ILogger logger, int code, string reason);

    // Without the exception's message, which may quote what was sent.
    [LoggerMessage(EventId = 2, Level = LogLevel.Error, Message = "A request failed: {Exception} {StackTrace}")]
    private static partial void LogCrash(ILogger logger, string exception, string? stackTrace);
}
