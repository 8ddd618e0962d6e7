using DataGlue.Edge.Http;
using DataGlue.Edge.Reports.Columns;

namespace DataGlue.Edge.Reports;

/// <summary>The answers to an owner's questions.</summary>
internal static class ReportsExtensions
{
    public static void AddReports(this IServiceCollection services)
    {
        services.AddSingleton<ColumnReader>();
        services.AddSingleton<ColumnKeeper>();
        services.AddSingleton<FactReader>();
        services.AddSingleton<People>();
        services.AddSingleton<ReportGate>();
        services.AddSingleton<ReportEndpoints>();
        services.AddSingleton<CommitMark>();
        services.AddSingleton<EventList>();
        services.AddSingleton<Status>();
        services.AddSingleton<Export>();
        services.AddSingleton<Live>();
    }

    public static void MapReports(this IEndpointRouteBuilder group)
    {
        // A report may wait for its turn and then take its time.
        var glue = group.MapGroup("").AnsweredAtHome(2 * ReportGate.Patience + TimeSpan.FromSeconds(5));
        group.ServiceProvider.GetRequiredService<ReportEndpoints>().Map(glue);
        group.ServiceProvider.GetRequiredService<Export>().Map(glue);
        group.ServiceProvider.GetRequiredService<Live>().Map(glue);
    }
}
