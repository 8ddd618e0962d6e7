namespace DataGlue.Edge.Storage;

/// <summary>The database, and the one way to write to it.</summary>
internal static class StorageExtensions
{
    /// <summary>Adds them. Where a role adds a <see cref="Write"/> as a service, it ends each transaction.</summary>
    public static void AddStorage(this IServiceCollection services)
    {
        services.AddSingleton<Database>();
        services.AddSingleton(provider => DatabaseLock.Acquire(provider.GetRequiredService<Settings>().DatabasePath));
        services.AddSingleton<DiskGuard>();
        services.AddSingleton<StorageMetrics>();
        services.AddSingleton<WriteQueue>();
        services.AddHostedService(provider => provider.GetRequiredService<WriteQueue>());
    }
}
