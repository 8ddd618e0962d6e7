using System.Text.Json;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Deployment;

/// <summary>The Dockerfile as its instructions, and what .dockerignore lets it see of the tree.</summary>
internal sealed class Dockerfile
{
    private readonly List<(string Name, string Text)> instructions = [];
    private readonly string[] ignored = [.. Lines(".dockerignore").Where(line => line.Length > 0 && line[0] != '#')];

    public Dockerfile()
    {
        var instruction = "";
        foreach (var line in Lines("Dockerfile").Where(line => !line.TrimStart().StartsWith('#')))
        {
            instruction += line.TrimEnd('\\');
            if (!line.EndsWith('\\') && instruction.Trim() is { Length: > 0 } whole)
            {
                var space = whole.IndexOf(' ', StringComparison.Ordinal);
                instructions.Add((whole[..space], whole[(space + 1)..].Trim()));
                instruction = "";
            }
        }
    }

    /// <summary>The texts of these instructions, of all stages.</summary>
    public IReadOnlyList<string> All(string name) => [.. instructions.Where(instruction => instruction.Name == name).Select(instruction => instruction.Text)];

    /// <summary>The text of the last of these instructions: of the image itself.</summary>
    public string Last(string name) => All(name)[^1];

    /// <summary>An instruction in exec form, word by word: without it there would have to be a shell.</summary>
    public static string[] Words(string exec)
    {
        using var words = JsonDocument.Parse(exec[exec.IndexOf('[', StringComparison.Ordinal)..]);
        return [.. words.RootElement.EnumerateArray().Select(word => word.GetString()!)];
    }

    /// <summary>The variables that the image sets.</summary>
    public IReadOnlyDictionary<string, string> Environment =>
        Last("ENV").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);

    /// <summary>What is copied from the tree, and not from another stage.</summary>
    public IEnumerable<string> Sources => All("COPY").Where(copy => !copy.Contains("--from", StringComparison.Ordinal)).SelectMany(copy => copy.Split(' ')[..^1]);

    /// <summary>Whether .dockerignore keeps a file out: the last line that speaks of it, or of a folder above it, decides.</summary>
    public bool Ignores(string path)
    {
        var keptOut = false;
        foreach (var line in ignored)
        {
            if (Matches(line.TrimStart('!'), path))
            {
                keptOut = line[0] != '!';
            }
        }

        return keptOut;
    }

    // The forms that the file has: everything, a path with all below it, and a name at any depth.
    private static bool Matches(string pattern, string path) => pattern switch
    {
        "*" => true,
        ['*', '*', '/', .. var name] => path.Split('/').Contains(name),
        _ => path == pattern || path.StartsWith(pattern + "/", StringComparison.Ordinal),
    };

    private static string[] Lines(string file) => File.ReadAllLines(Path.Combine(NativeBinary.Root, file));
}
