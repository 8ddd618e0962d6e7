using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;
using DataGlue.Edge.Tests.Support;
using Microsoft.Extensions.Configuration;

namespace DataGlue.Edge.Tests.Deployment;

/// <summary>What can be said of the image without building it.</summary>
public sealed class ImageTests
{
    private readonly Dockerfile dockerfile = new();

    [Fact]
    public void What_is_copied_is_in_the_tree_and_not_ignored()
    {
        Assert.NotEmpty(dockerfile.Sources);
        Assert.All(dockerfile.Sources, source =>
        {
            var path = Path.Combine(NativeBinary.Root, source);
            Assert.True(File.Exists(path) || Directory.Exists(path), source);
            Assert.False(dockerfile.Ignores(source), source);
        });
    }

    [Theory]
    [InlineData(".env")]
    [InlineData(".git/config")]
    [InlineData("data/dataglue.db")]
    [InlineData("src/DataGlue.Edge/bin/Release/net10.0/DataGlue.Edge.dll")]
    [InlineData("src/DataGlue.Edge/obj/project.assets.json")]
    [InlineData("fly.toml")]
    public void What_is_no_part_of_the_build_stays_out(string path) => Assert.True(dockerfile.Ignores(path));

    [Fact]
    public void The_build_has_every_file_that_the_project_names()
    {
        var folder = Path.Combine(NativeBinary.Root, "src", "DataGlue.Edge");
        var project = XDocument.Load(Path.Combine(folder, "DataGlue.Edge.csproj"));
        var named = project.Descendants("EmbeddedResource").Select(resource => resource.Attribute("Include")!.Value)
            .Select(include => Path.GetRelativePath(NativeBinary.Root, Path.GetFullPath(Path.Combine(folder, include))))
            .Append("global.json").Append("Directory.Build.props").Append("Directory.Packages.props").Append(".editorconfig");

        Assert.All(named, path => Assert.Contains(dockerfile.Sources, source => path == source || path.StartsWith(source + "/", StringComparison.Ordinal)));
    }

    [Fact]
    public void It_runs_as_a_user_of_that_number_who_is_not_root_and_owns_the_data()
    {
        var user = dockerfile.Last("USER");
        Assert.Matches("^[1-9][0-9]+:[1-9][0-9]+$", user);
        Assert.Contains(dockerfile.All("COPY"), copy => copy.EndsWith($"--chown={user} /volume /", StringComparison.Ordinal));
        Assert.Contains(dockerfile.All("RUN"), run => run.Contains(" /volume/data ", StringComparison.Ordinal));
        Assert.Equal("/data", dockerfile.Last("VOLUME"));
    }

    [Fact]
    public void It_needs_no_shell_to_start_and_to_ask_how_it_is()
    {
        var program = Assert.Single(Dockerfile.Words(dockerfile.Last("ENTRYPOINT")));
        Assert.Equal([program, "healthcheck"], Dockerfile.Words(dockerfile.Last("HEALTHCHECK")));
        Assert.StartsWith(dockerfile.Last("WORKDIR"), program, StringComparison.Ordinal);
    }

    [Fact]
    public void The_server_listens_where_the_image_says_and_keeps_its_data_on_the_volume()
    {
        var options = Settings.Read(new ConfigurationBuilder().AddInMemoryCollection(dockerfile.Environment!).Build());

        Assert.Equal(dockerfile.Last("EXPOSE"), options.Port.ToString(CultureInfo.InvariantCulture));
        Assert.Equal(dockerfile.Last("VOLUME"), Path.GetDirectoryName(options.DatabasePath));
    }

    [Fact]
    public void Its_base_is_one_image_of_the_version_that_global_json_asks_for()
    {
        var bases = dockerfile.All("FROM");
        Assert.Equal("scratch", bases[^1]);
        using var global = JsonDocument.Parse(File.ReadAllText(Path.Combine(NativeBinary.Root, "global.json")));
        var version = global.RootElement.GetProperty("sdk").GetProperty("version").GetString()!;
        Assert.Equal($"mcr.microsoft.com/dotnet/sdk:{version}-noble-aot AS build", bases[0]);
    }
}
