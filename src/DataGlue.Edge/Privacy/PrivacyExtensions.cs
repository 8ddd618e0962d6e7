namespace DataGlue.Edge.Privacy;

/// <summary>What erasing needs.</summary>
internal static class PrivacyExtensions
{
    public static void AddPrivacy(this IServiceCollection services)
    {
        services.AddSingleton<ErasureReader>();
        services.AddSingleton<Erasure>();
    }
}
