using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.D1;

/// <summary>All SQL that the server runs on its data: the files under sql.</summary>
public static class ProductSql
{
    private static readonly string Folder = Path.Combine(NativeBinary.Root, "sql");

    /// <summary>The writing scripts, shortcuts too, by the name of their file.</summary>
    public static IReadOnlyDictionary<string, string> Scripts { get; } = Files("write");

    /// <summary>Their statements.</summary>
    public static IReadOnlyList<string> Writes { get; } = [.. Scripts.Values.SelectMany(SqlText.Split).Distinct()];

    /// <summary>The reading statements, by the name of their file.</summary>
    public static IReadOnlyDictionary<string, string> Reads { get; } = Files("read");

    /// <summary>The questions of sql/queries, by the name of their file.</summary>
    public static IReadOnlyDictionary<string, string> Questions { get; } = Files("queries");

    /// <summary>What a repair runs, by the name of its file.</summary>
    public static IReadOnlyDictionary<string, string> Repairs { get; } = Files("repair");

    private static Dictionary<string, string> Files(string folder) =>
        Directory.GetFiles(Path.Combine(Folder, folder), "*.sql").ToDictionary(file => Path.GetFileNameWithoutExtension(file)!, File.ReadAllText);
}
