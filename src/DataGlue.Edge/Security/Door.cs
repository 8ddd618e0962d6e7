using DataGlue.Edge.Http;

namespace DataGlue.Edge.Security;

/// <summary>Access control and rate limit: by key, by origin, by address, or from this machine. The rules are metadata of endpoints.</summary>
internal sealed class Door(Settings settings, RateLimiter limiter, RefusedOrigins refused)
{
    private const string Challenge = $"ApiKey header=\"{ApiKeys.Header}\"";
    private const string WrongKey = "The key in x-api-key is not one of this server's; send one that is";
    private const string NoKey = "This needs a key; send it in the header x-api-key";
    private const string WriteKey = "The key in x-api-key is a write key, which opens the posts of pages alone; send a secret key";
    private const string RelayKey = "The key in x-api-key is a relay key, which opens the relay alone; send a secret key";
    private const string NoKeySet = "Without a key this is answered only to the server's own machine; set API_KEY there, and send it in the header x-api-key";
    private const string KeysAlone = "This is answered to holders of a key alone; set API_KEY at this server, and send it in the header x-api-key";
    private const string OtherOrigin = "Pages of this origin may not call this server; add the origin to ALLOWED_ORIGINS";

    /// <summary>Answers 401, 403 or 429 before the body is read.</summary>
    public RequestDelegate Guard(RequestDelegate next) => context =>
    {
        var proof = context.ProveKey(settings);
        context.Features.Get<StandingConnection>()?.Hear(proof);
        if (limiter.Counts(context, proof) && limiter.TryAcquire(context) is { } wait)
        {
            context.Response.Headers.RetryAfter = ErrorBodies.Seconds(wait);
            var sentence = $"More than {settings.RateLimit} requests in a minute from this address; wait as long as Retry-After says";
            ErrorBodies.Write(context.Response, StatusCodes.Status429TooManyRequests, sentence);
            return Task.CompletedTask;
        }

        if (Refuse(context, proof) is not { } refusal)
        {
            return next(context);
        }

        if (context.Request.Headers.Origin is { Count: 1 } origin && context.Audience() == Audience.Pages)
        {
            refused.Count(origin.ToString());
        }

        context.Response.Headers.WWWAuthenticate = refusal == OtherOrigin ? default : Challenge;
        ErrorBodies.Write(context.Response, refusal == OtherOrigin ? StatusCodes.Status403Forbidden : StatusCodes.Status401Unauthorized, refusal);
        return Task.CompletedTask;
    };

    private string? Refuse(HttpContext context, KeyProof proof)
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

        // Every caller may learn that a path or a method does not exist. A frame in a sandbox has no origin: its write key stands for that.
        if (context.GetEndpoint() is not RouteEndpoint || (proof == KeyProof.Write && audience == Audience.Pages))
        {
            return null;
        }

        var origin = context.Request.Headers.Origin;
        var named = origin.Count > 0 && settings.AllowedOrigins.Names(origin.ToString());
        return proof switch
        {
            _ when origin.Count > 0 && settings.AllowedOrigins.AreNamed && !named => OtherOrigin,
            KeyProof.Secret => null,
            KeyProof.Relay when audience == Audience.Edges => null,
            _ when settings.ApiKeys.AreSet && audience == Audience.Public => null,
            KeyProof.Write => WriteKey,
            KeyProof.Relay => RelayKey,
            _ when settings.ApiKeys.AreSet => audience == Audience.Pages && named ? null : NoKey,
            _ when audience == Audience.Edges => KeysAlone,
            _ => audience == Audience.Pages || IsThisMachine(context) ? null : NoKeySet,
        };
    }

    // Behind a proxy, each connection comes from this machine or its neighbour.
    private bool IsThisMachine(HttpContext context) => settings.TrustedProxies.Count == 0 && Local.IsCaller(context);
}

internal static class DoorExtensions
{
    public static void AddDoor(this IServiceCollection services, Settings settings)
    {
        services.AddCrossOrigin(settings);
        services.AddSingleton<RateLimiter>();
        services.AddSingleton<EventLimiter>();
        services.AddSingleton<RefusedOrigins>();
        services.AddSingleton<Door>();
    }

    public static void UseDoor(this IApplicationBuilder app)
    {
        app.UseReadablePreflights();
        app.UseCors();
        app.Use(app.ApplicationServices.GetRequiredService<Door>().Guard);
    }
}
