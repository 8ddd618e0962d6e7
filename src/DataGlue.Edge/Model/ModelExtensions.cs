namespace DataGlue.Edge.Model;

/// <summary>What keeps the data right beside the writes of requests.</summary>
internal static class ModelExtensions
{
    public static void AddModel(this IServiceCollection services)
    {
        services.AddSingleton<RowsByHand>();
        services.AddSingleton<Adoption>();
        services.AddSingleton<TakenBack>();
        services.AddSingleton<Tombstones>();
        services.AddSingleton<ErasedBrowsers>();
    }
}
