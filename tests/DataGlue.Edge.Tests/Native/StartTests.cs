using System.Globalization;
using System.Net;
using System.Net.Sockets;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Native;

/// <summary>A start that cannot succeed ends with one line that says why, and exit code 1.</summary>
[Collection(nameof(NativeTests))]
public sealed class StartTests(NativeBinary binary) : IDisposable
{
    private const string Port = "PORT must be a whole number from 1 to 65535, not ";

    private const string Keys = "API_KEY must be one key, or several separated by commas, each of 1 to 256 visible ASCII characters";

    private const string Origins = "ALLOWED_ORIGINS must be * or origins like https://shop.example, separated by commas, not ";

    private const string Networks = "TRUSTED_PROXIES must be networks like 10.0.0.0/8 or fd00::/8, separated by commas, not ";

    private readonly TempFolder folder = new();

    [Theory]
    [InlineData("PORT", "0", Port + "'0'")]
    [InlineData("PORT", "65536", Port + "'65536'")]
    [InlineData("PORT", "-1", Port + "'-1'")]
    [InlineData("PORT", "http", Port + "'http'")]
    [InlineData("PORT", "3000.0", Port + "'3000.0'")]
    [InlineData("MAX_BODY_BYTES", "1023", "MAX_BODY_BYTES must be a whole number from 1024 to 16777216, not '1023'")]
    [InlineData("MAX_BULK_BYTES", "1GB", "MAX_BULK_BYTES must be a whole number from 1024 to 67108864, not '1GB'")]
    [InlineData("DATABASE_PATH", ".", "DATABASE_PATH must be a file, not a folder: '.'")]
    [InlineData("DATABASE_PATH", "new/", "DATABASE_PATH must be a file, not a folder: 'new/'")]
    [InlineData("API_KEY", ",", Keys)]
    [InlineData("API_KEY", "of-the-owner,", Keys)]
    [InlineData("API_KEY", "of the owner", Keys)]
    [InlineData("API_KEY", "of-the-öwner", Keys)]
    [InlineData("ALLOWED_ORIGINS", "shop.example", Origins + "'shop.example'")]
    [InlineData("ALLOWED_ORIGINS", "https://shop.example,*", Origins + "'https://shop.example,*'")]
    [InlineData("ALLOWED_ORIGINS", "https://*.shop.example", Origins + "'https://*.shop.example'")]
    [InlineData("ALLOWED_ORIGINS", "https://shop.example/path", Origins + "'https://shop.example/path'")]
    [InlineData("ALLOWED_ORIGINS", "https://shop.example,", Origins + "'https://shop.example,'")]
    [InlineData("ALLOWED_ORIGINS", "null", Origins + "'null'")]
    [InlineData("ALLOWED_ORIGINS", "https://user@shop.example", Origins + "'https://user@shop.example'")]
    [InlineData("RATE_LIMIT", "-1", "RATE_LIMIT must be a whole number from 0 to 1000000, not '-1'")]
    [InlineData("RATE_LIMIT", "none", "RATE_LIMIT must be a whole number from 0 to 1000000, not 'none'")]
    [InlineData("IGNORED_REFERRERS", "pay.example,(none)", "IGNORED_REFERRERS must be hosts like pay.example, separated by commas, not 'pay.example,(none)'")]
    [InlineData("TRUSTED_PROXIES", "10.0.0.0/33", Networks + "'10.0.0.0/33'")]
    [InlineData("TRUSTED_PROXIES", "10.0.0.0/x", Networks + "'10.0.0.0/x'")]
    [InlineData("TRUSTED_PROXIES", "proxy.internal", Networks + "'proxy.internal'")]
    [InlineData("TRUSTED_PROXIES", "10.0.0.0/8,", Networks + "'10.0.0.0/8,'")]
    [InlineData("METRICS_PORT", "3000", "METRICS_PORT must be another port than PORT, not 3000")]
    [InlineData("METRICS_PORT", "0", "METRICS_PORT must be a whole number from 1 to 65535, not '0'")]
    [InlineData("RATE_LIMIT", "1\n{\"forged\":1}", "RATE_LIMIT must be a whole number from 0 to 1000000, not '1 {\"forged\":1}'")]
    public async Task A_setting_that_makes_no_sense_is_named(string name, string value, string sentence)
    {
        NativeBinary.SkipWithout();
        await FailsAsync(new() { [name] = value }, line => Assert.Equal(sentence, line));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task An_idle_server_watches_no_files_and_has_loaded_no_openssl()
    {
        NativeBinary.SkipWithout();
        using var server = await ServerProcess.StartAsync(binary, folder.Path);
        (await server.PostAsync("/glue/track", """{"glue_user_id":"a","event":"e"}""")).IsOk();

        Assert.DoesNotContain("libcrypto", await File.ReadAllTextAsync($"/proc/{server.Id}/maps"), StringComparison.Ordinal);
        Assert.DoesNotContain(
            Directory.GetFiles($"/proc/{server.Id}/fd"),
            descriptor => new FileInfo(descriptor).LinkTarget?.Contains("inotify", StringComparison.Ordinal) ?? false);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_named()
    {
        NativeBinary.SkipWithout();
        await File.WriteAllTextAsync(folder.File("file"), "");

        await FailsAsync(
            new() { ["DATABASE_PATH"] = "file/edge.db" },
            line => Assert.StartsWith("DATABASE_PATH must be a file in a folder that can be made, not ", line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("PORT")]
    [InlineData("METRICS_PORT")]
    public async Task A_port_that_is_taken_is_named(string name)
    {
        NativeBinary.SkipWithout();
        using var listener = new TcpListener(IPAddress.Any, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        await FailsAsync(
            new() { ["PORT"] = ServerApp.FreePort().ToString(CultureInfo.InvariantCulture), [name] = port.ToString(CultureInfo.InvariantCulture) },
            line => Assert.StartsWith($"{name} {port} cannot be listened on: ", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_database_that_cannot_be_upgraded_is_left_as_it_was()
    {
        NativeBinary.SkipWithout();
        Sqlite3.SkipWithout();
        var path = folder.File("edge.db");
        Sqlite3.Run(path, "CREATE TABLE users (x); INSERT INTO users VALUES (7);");
        var before = Sqlite3.Run(path, ".dump");

        await FailsAsync(
            new() { ["DATABASE_PATH"] = path },
            line => Assert.Matches("^The upgrade of the database failed at 0000_schema.sql: .*table users already exists.*; nothing was changed$", line));

        Assert.Equal(before, Sqlite3.Run(path, ".dump"));
    }

    [Fact]
    public async Task A_database_that_is_newer_is_refused()
    {
        NativeBinary.SkipWithout();
        Sqlite3.SkipWithout();
        using (var server = await ServerProcess.StartAsync(binary, folder.Path))
        {
            await server.TerminateAsync();
        }

        Sqlite3.Run(folder.File("data/dataglue.db"), "INSERT INTO schemaversions (scriptname, applied) VALUES ('9999_future.sql', '2030-01-01')");

        await FailsAsync(
            [],
            line => Assert.Equal("The database is newer than this binary: it has 9999_future.sql; run the version that made it, or a later one", line));
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused()
    {
        NativeBinary.SkipWithout();
        await File.WriteAllTextAsync(folder.File("edge.db"), new string('x', 5_000));

        await FailsAsync(
            new() { ["DATABASE_PATH"] = "edge.db" },
            line => Assert.StartsWith(
                $"DATABASE_PATH must be a SQLite database that can be written, or a new file, not '{folder.File("edge.db")}': ", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_env_file_that_is_broken_is_named()
    {
        NativeBinary.SkipWithout();
        await File.WriteAllTextAsync(folder.File(".env"), "PORT=\"30\nDATABASE_PATH='x\n=\n");

        await FailsAsync([], line => Assert.StartsWith(".env must hold lines NAME=value: ", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_environment_wins_over_the_env_file()
    {
        NativeBinary.SkipWithout();
        var port = ServerApp.FreePort();
        await File.WriteAllTextAsync(folder.File(".env"), $"# a comment\nPORT=1\nDATABASE_PATH=\"from env/file.db\"\nMAX_BODY_BYTES=2048\n");

        using var server = ServerProcess.Launch(binary, folder.Path, new() { ["PORT"] = port.ToString(CultureInfo.InvariantCulture), ["MAX_BODY_BYTES"] = "" });
        while (!await server.ListensAsync())
        {
            await Task.Delay(5);
        }

        (await server.PostAsync("/glue/track", """{"glue_user_id":"a","event":"e"}""")).IsOk();
        Assert.True(File.Exists(folder.File("from env/file.db")));
    }

    public void Dispose() => folder.Dispose();

    private async Task FailsAsync(Dictionary<string, string> settings, Action<string> check)
    {
        using var server = ServerProcess.Launch(binary, folder.Path, settings);
        Assert.Equal(1, await server.ExitAsync());
        check(Assert.Single(server.Errors));
    }
}
