namespace DataGlue.Edge.Reports;

/// <summary>The answers to an owner's questions.</summary>
internal static class ReportsExtensions
{
    public static void AddReports(this IServiceCollection services)
    {
        services.AddSingleton<FactReader>();
        services.AddSingleton<ReportGate>();
        services.AddSingleton<ReportEndpoints>();
    }

    public static void MapReports(this IEndpointRouteBuilder glue) => glue.ServiceProvider.GetRequiredService<ReportEndpoints>().Map(glue);
}
