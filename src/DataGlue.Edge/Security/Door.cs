using System.Globalization;
using DataGlue.Edge.Http;

namespace DataGlue.Edge.Security;

/// <summary>Who may call what, and how often: by key, by origin, by address, or from this machine. The rules are metadata of endpoints.</summary>
internal sealed class Door(Settings settings, RateLimiter limiter)
{
    private const string Challenge = $"ApiKey header=\"{ApiKeys.Header}\"";

    private static readonly Refusal WrongKey = new(
        StatusCodes.Status401Unauthorized, "The key in x-api-key is not one of this server's; send one that is");

    private static readonly Refusal NoKey = new(StatusCodes.Status401Unauthorized, "This needs a key; send it in the header x-api-key");

    private static readonly Refusal NoKeySet = new(
        StatusCodes.Status401Unauthorized, "Without a key this is answered only to the server's own machine; set API_KEY there, and send it in the header x-api-key");

    private static readonly Refusal KeysAlone = new(
        StatusCodes.Status401Unauthorized, "This is answered to holders of a key alone; set API_KEY at this server, and send it in the header x-api-key");

    private static readonly Refusal OtherOrigin = new(
        StatusCodes.Status403Forbidden, "Pages of this origin may not call this server; add the origin to ALLOWED_ORIGINS");

    /// <summary>Answers 401, 403 or 429 to whom an endpoint is not for, before the body is read.</summary>
    public RequestDelegate Guard(RequestDelegate next) => context =>
    {
        var proof = settings.ApiKeys.Check(context.Request);
        if (limiter.Counts(context, proof) && limiter.TryAcquire(context) is { } wait)
        {
            context.Response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            ErrorBodies.Write(
                context.Response,
                StatusCodes.Status429TooManyRequests,
                $"More than {settings.RateLimit} requests in a minute from this address; wait as long as Retry-After says");
            return Task.CompletedTask;
        }

        if (Refuse(context, proof) is not { } refusal)
        {
            return next(context);
        }

        if (refusal.Status == StatusCodes.Status401Unauthorized)
        {
            context.Response.Headers.WWWAuthenticate = Challenge;
        }

        ErrorBodies.Write(context.Response, refusal.Status, refusal.Sentence);
        return Task.CompletedTask;
    };

    private Refusal? Refuse(HttpContext context, KeyProof proof)
    {
        var audience = context.Audience();
        if (audience == Audience.Probes || CrossOrigin.IsPreflight(context.Request))
        {
            return null;
        }

        if (proof == KeyProof.Wrong)
        {
            return WrongKey;
        }

        // What does not exist, or not for this method, is told to whoever asks.
        if (context.GetEndpoint() is not RouteEndpoint)
        {
            return null;
        }

        var origin = context.Request.Headers.Origin;
        var named = origin.Count > 0 && settings.AllowedOrigins.Names(origin.ToString());
        return proof switch
        {
            _ when origin.Count > 0 && settings.AllowedOrigins.AreNamed && !named => OtherOrigin,
            KeyProof.Right => null,
            _ when settings.ApiKeys.AreSet => IsOpen(audience, named) ? null : NoKey,
            _ when audience == Audience.Keys => KeysAlone,
            _ => audience == Audience.Pages || ThisMachine(context) ? null : NoKeySet,
        };
    }

    // To callers without a key, while one is set.
    private static bool IsOpen(Audience audience, bool named) => audience == Audience.Public || (audience == Audience.Pages && named);

    // Behind a proxy, each connection comes from this machine or its neighbour.
    private bool ThisMachine(HttpContext context) => settings.TrustedProxies.Count == 0 && Local.IsCaller(context);

    private sealed record Refusal(int Status, string Sentence);
}

/// <summary>What stands before every endpoint.</summary>
internal static class DoorExtensions
{
    public static void AddDoor(this IServiceCollection services, Settings settings)
    {
        services.AddCrossOrigin(settings);
        services.AddSingleton<RateLimiter>();
        services.AddSingleton<Door>();
    }

    public static void UseDoor(this IApplicationBuilder app)
    {
        app.UseReadablePreflights();
        app.UseCors();
        app.Use(app.ApplicationServices.GetRequiredService<Door>().Guard);
    }
}
