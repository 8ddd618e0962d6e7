namespace DataGlue.Edge.Tests.Support;

/// <summary>Files of the npm packages that tests/lists pins.</summary>
internal static class NpmPackage
{
    /// <summary>The path of a file in a package. Without the packages the test is skipped; in CI, which installs them, it fails.</summary>
    public static string File(string name)
    {
        var path = Path.Combine(NativeBinary.Root, "tests", "lists", "node_modules", name);
        if (!System.IO.File.Exists(path))
        {
            Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") is not null, $"'{path}' is missing; run npm ci in tests/lists");
            Assert.Fail($"'{path}' is missing");
        }

        return path;
    }
}
