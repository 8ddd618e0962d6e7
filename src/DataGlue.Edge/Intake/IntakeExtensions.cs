using DataGlue.Edge.Http;

namespace DataGlue.Edge.Intake;

/// <summary>What every wire uses to make items.</summary>
internal static class IntakeExtensions
{
    public static void AddIntake(this IServiceCollection services)
    {
        services.AddSingleton<ServerIds>();
        services.AddSingleton<BodyBudget>();
        services.AddSingleton<IntakeMetrics>();
        services.AddSingleton<Sources>();
        services.AddSingleton<ItemBody>();
    }
}
