using DataGlue.Edge.Http;
using DataGlue.Edge.Security;

namespace DataGlue.Edge.Monitoring;

/// <summary>What a platform asks to learn whether it should send requests here, or start the server anew.</summary>
internal static class HealthEndpoints
{
    /// <summary>Maps GET /healthz and GET /readyz.</summary>
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", Live).For(Audience.Probes);
        routes.MapGet("/readyz", ReadyAsync).For(Audience.Probes);
    }

    private static void Live(HttpContext context, Role role) => JsonReply.Write(
        context.Response,
        StatusCodes.Status200OK,
        new StatusReply(true, "alive") { Role = role.Name, Version = ServerVersion.Text },
        ServerJson.Wire.StatusReply);

    private static async Task ReadyAsync(HttpContext context, Readiness readiness)
    {
        if (await readiness.UnavailableReasonAsync() is { } reason)
        {
            throw new RequestException(StatusCodes.Status503ServiceUnavailable, $"The database takes no writes: {reason}");
        }

        JsonReply.Write(context.Response, StatusCodes.Status200OK, new StatusReply(true, "ready"), ServerJson.Wire.StatusReply);
    }
}

/// <summary>The reply to a health check.</summary>
/// <param name="Success">Always true.</param>
/// <param name="Status"><c>alive</c> or <c>ready</c>.</param>
internal sealed record StatusReply(bool Success, string Status)
{
    /// <summary>Of <c>/healthz</c>: <c>home</c> or <c>edge</c>.</summary>
    public string? Role { get; init; }

    /// <summary>Of <c>/healthz</c>: the version of the program.</summary>
    public string? Version { get; init; }
}
