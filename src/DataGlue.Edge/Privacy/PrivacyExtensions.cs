namespace DataGlue.Edge.Privacy;

/// <summary>What erases, and what lets events expire.</summary>
internal static class PrivacyExtensions
{
    public static void AddPrivacy(this IServiceCollection services)
    {
        services.AddSingleton<ErasureReader>();
        services.AddSingleton<ErasureGate>();
        services.AddSingleton<Erasure>();
        services.AddSingleton<Retention>();
    }
}
