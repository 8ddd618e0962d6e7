using DataGlue.Edge.Http;

namespace DataGlue.Edge.Security;

/// <summary>The door: who may call what, by key, by origin, or from this machine.</summary>
public static class AccessExtensions
{
    /// <summary>Answers 401 or 403 to whom an endpoint is not for, before the body is read.</summary>
    public static IApplicationBuilder UseAccess(this IApplicationBuilder app, EdgeOptions options) => app.Use(new Access(options).Guard);
}

internal sealed class Access(EdgeOptions options)
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

    public RequestDelegate Guard(RequestDelegate next) => context =>
    {
        if (Refuse(context) is not { } refusal)
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

    private Refusal? Refuse(HttpContext context)
    {
        var audience = context.Audience();
        if (audience == Audience.Probes || CrossOrigin.IsPreflight(context.Request))
        {
            return null;
        }

        var proof = options.ApiKeys.Check(context.Request);
        var origin = context.Request.Headers.Origin;
        var named = origin.Count > 0 && options.AllowedOrigins.Names(origin.ToString());
        return proof switch
        {
            KeyProof.Wrong => WrongKey,
            _ when origin.Count > 0 && options.AllowedOrigins.AreNamed && !named => OtherOrigin,
            KeyProof.Right => null,
            _ when options.ApiKeys.AreSet => IsOpen(audience, named) ? null : NoKey,
            _ when audience == Audience.Keys => KeysAlone,
            _ => audience == Audience.Pages || ThisMachine(context) ? null : NoKeySet,
        };
    }

    // To callers without a key, while one is set.
    private static bool IsOpen(Audience audience, bool named) => audience == Audience.Public || (audience == Audience.Pages && named);

    // Behind a proxy, each connection comes from this machine or its neighbour.
    private bool ThisMachine(HttpContext context) => options.TrustedProxies.Count == 0 && Local.IsCaller(context);

    private sealed record Refusal(int Status, string Sentence);
}
