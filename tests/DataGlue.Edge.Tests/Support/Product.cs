using System.Xml.Linq;

namespace DataGlue.Edge.Tests.Support;

/// <summary>What the build says of the product.</summary>
internal static class Product
{
    /// <summary>The version, from the one place where it stands.</summary>
    public static string Version { get; } =
        XDocument.Load(Path.Combine(NativeBinary.Root, "Directory.Build.props")).Descendants("Version").Single().Value;

    /// <summary>What a living server answers to /healthz.</summary>
    public static string Alive(string role) => $$"""{"success":true,"status":"alive","role":"{{role}}","version":"{{Version}}"}""";
}
