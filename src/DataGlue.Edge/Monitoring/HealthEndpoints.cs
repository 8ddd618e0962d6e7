using DataGlue.Edge.Http;
using DataGlue.Edge.Security;

namespace DataGlue.Edge.Monitoring;

/// <summary>GET /healthz and /readyz, by which a platform decides whether to restart the server or to send it requests.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/healthz", HttpExtensions.Reads, Live).For(Audience.Probes);
        routes.MapMethods("/readyz", HttpExtensions.Reads, ReadyAsync).For(Audience.Probes);
    }

    private static void Live(HttpContext context, Role role) => Write(context, new StatusReply(true, "alive", role.Name, ServerVersion.Text));

    private static async Task ReadyAsync(HttpContext context, Readiness readiness)
    {
        if (await readiness.ProblemAsync() is { } problem)
        {
            throw new RequestException(StatusCodes.Status503ServiceUnavailable, problem);
        }

        Write(context, new StatusReply(true, "ready"));
    }

    private static void Write(HttpContext context, StatusReply reply) =>
        JsonReply.Write(context.Response, StatusCodes.Status200OK, reply, ServerJson.Wire.StatusReply);
}

/// <param name="Success">Always true.</param>
/// <param name="Status"><c>alive</c> or <c>ready</c>.</param>
/// <param name="Role">Of <c>/healthz</c>: <c>home</c> or <c>edge</c>.</param>
/// <param name="Version">Of <c>/healthz</c>: the version of the program.</param>
internal sealed record StatusReply(bool Success, string Status, string? Role = null, string? Version = null);
