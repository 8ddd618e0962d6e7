using System.Reflection;

namespace DataGlue.Edge;

/// <summary>Which version of the program this is.</summary>
internal static class ServerVersion
{
    /// <summary>As the build was told, <c>0.1.0</c>.</summary>
    public static string Text { get; } = typeof(ServerVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
}
