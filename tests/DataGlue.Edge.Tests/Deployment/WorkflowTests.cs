using System.Text.RegularExpressions;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Deployment;

/// <summary>What the workflows take from others is what was looked at when it was taken.</summary>
public sealed partial class WorkflowTests
{
    private static readonly string[] Files = Directory.GetFiles(Path.Combine(NativeBinary.Root, ".github", "workflows"));

    [Fact]
    public void Every_action_is_a_commit_with_its_version_beside_it_and_the_same_one_everywhere()
    {
        var used = Files.SelectMany(File.ReadLines).Where(line => line.Contains("uses:", StringComparison.Ordinal)).Select(line => line.Trim(' ', '-')).ToList();

        Assert.NotEmpty(used);
        Assert.All(used, line => Assert.Matches(Pinned(), line));
        Assert.All(used.Distinct().CountBy(line => line[..line.IndexOf('@', StringComparison.Ordinal)]), action => Assert.Equal(1, action.Value));
    }

    [Fact]
    public void Nothing_is_permitted_but_what_a_job_asks_for() => Assert.All(Files, file => Assert.Contains("permissions: {}", File.ReadLines(file)));

    [GeneratedRegex("^uses: [a-z-]+/[a-z-]+@[0-9a-f]{40} # v[0-9]+\\.[0-9]+\\.[0-9]+$")]
    private static partial Regex Pinned();
}
