namespace DataGlue.Edge.Storage;

/// <summary>The database, and the one way to write to it.</summary>
internal static class StorageExtensions
{
    public static void AddStorage(this IServiceCollection services)
    {
        services.AddSingleton<Database>();
        services.AddSingleton<StorageMetrics>();
        services.AddHostedService(provider => provider.GetRequiredService<WriteQueue>());
    }

    /// <summary>Adds the queue.</summary>
    /// <param name="end">Makes the write that ends each transaction; null for none.</param>
    public static void AddWriteQueue(this IServiceCollection services, Func<TimeProvider, Write>? end) => services.AddSingleton(provider =>
    {
        var clock = provider.GetRequiredService<TimeProvider>();
        return new WriteQueue(
            provider.GetRequiredService<Database>(),
            end?.Invoke(clock),
            provider.GetRequiredService<StorageMetrics>(),
            provider.GetRequiredService<IHostApplicationLifetime>(),
            clock,
            provider.GetRequiredService<ILogger<WriteQueue>>());
    });
}
