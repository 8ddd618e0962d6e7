using System.Diagnostics.CodeAnalysis;
using DataGlue.Edge.Http;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Intake;

/// <summary>What every wire uses to make items.</summary>
internal static class IntakeExtensions
{
    public static void AddIntake(this IServiceCollection services)
    {
        services.AddSingleton<ServerIds>();
        services.AddSingleton<IdentityProof>();
        services.AddSingleton<BodyBudget>();
        services.AddSingleton<IntakeMetrics>();
        services.AddSingleton<Countries>();
        services.AddSingleton<Clients>();
        services.AddSingleton<Sources>();
        services.AddSingleton<ItemBody>();
    }

    /// <summary>Adds the sink of a role, and that of all wires, which is guarded.</summary>
    public static void AddSink<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TSink>(this IServiceCollection services)
        where TSink : class, ISink
    {
        services.AddSingleton<TSink>();
        services.AddSingleton<ISink>(provider => new GuardedSink(provider.GetRequiredService<TSink>(), provider.GetRequiredService<DiskGuard>()));
    }
}
