using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Native;

/// <summary>A start that cannot succeed ends with one line that says why, and exit code 1.</summary>
[Collection(nameof(NativeTests))]
public sealed class StartTests(NativeBinary binary, ITestOutputHelper output) : IDisposable
{
    private const string Port = "PORT must be a whole number from 1 to 65535, not ";

    private const string Keys = "API_KEY must be one key, or several separated by commas, each of 1 to 256 visible ASCII characters";

    private const string Origins = "ALLOWED_ORIGINS must be * or origins like https://shop.example, separated by commas, not ";

    private const string Blank = " must have a value where it is set, and it is blank; give it one, or unset it";

    private const string NoFile = "DATABASE_PATH must be the path of a SQLite file, like data/dataglue.db, not a URL, a connection string or :memory:";

    private const string Line = ".env must hold lines NAME=value, comments behind #, and nothing else; line ";

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
    [InlineData("DATABASE_PATH", "postgres://owner:secret@host/db", NoFile)]
    [InlineData("DATABASE_PATH", "http://host/db", NoFile)]
    [InlineData("DATABASE_PATH", "file:dataglue.db", NoFile)]
    [InlineData("DATABASE_PATH", "file:dataglue.db?mode=memory", NoFile)]
    [InlineData("DATABASE_PATH", ":memory:", NoFile)]
    [InlineData("DATABASE_PATH", "':memory:'", NoFile)]
    [InlineData("DATABASE_PATH", "Data Source=dataglue.db;Password=secret", NoFile)]
    [InlineData("DATABASE_PATH", "host=h password=secret", NoFile)]
    [InlineData("DATABASE_PATH", "/dev/null", "DATABASE_PATH must be a regular file, not a device or a pipe: '/dev/null'")]
    [InlineData("API_KEY", "", "API_KEY" + Blank)]
    [InlineData("API_KEY", " ", "API_KEY" + Blank)]
    [InlineData("API_KEY", "\"\"", "API_KEY" + Blank)]
    [InlineData("WRITE_KEYS", "", "WRITE_KEYS" + Blank)]
    [InlineData("RELAY_KEY", "", "RELAY_KEY" + Blank)]
    [InlineData("IDENTITY_SECRET", "", "IDENTITY_SECRET" + Blank)]
    [InlineData("REQUIRE_SIGNED_IDENTITY", "", "REQUIRE_SIGNED_IDENTITY" + Blank)]
    [InlineData("ALLOWED_ORIGINS", "", "ALLOWED_ORIGINS" + Blank)]
    [InlineData("HOME_URL", "", "HOME_URL" + Blank)]
    [InlineData("API_KEY", ",", Keys)]
    [InlineData("API_KEY", "of-the-owner,", Keys)]
    [InlineData("API_KEY", "of the owner", Keys)]
    [InlineData("API_KEY", "of-the-öwner", Keys)]
    [InlineData("ALLOWED_ORIGINS", "shop.example", Origins + "'shop.example'")]
    [InlineData("ALLOWED_ORIGINS", "https://xn--\u00e4", Origins + "'https://xn--\u00e4'")]
    [InlineData("ALLOWED_ORIGINS", "https://shop.example,*", Origins + "'https://shop.example,*'")]
    [InlineData("ALLOWED_ORIGINS", "https://*.shop.example", Origins + "'https://*.shop.example'")]
    [InlineData("ALLOWED_ORIGINS", "https://shop.example/path", Origins + "'https://shop.example/path'")]
    [InlineData("ALLOWED_ORIGINS", "https://shop.example,", Origins + "'https://shop.example,'")]
    [InlineData("ALLOWED_ORIGINS", "null", Origins + "'null'")]
    [InlineData("ALLOWED_ORIGINS", "https://user@shop.example", Origins + "'https://***@shop.example'")]
    [InlineData("ALLOWED_ORIGINS", "https://shop.example,https://user:sec,ret@shop.example", Origins + "'https://***@shop.example'")]
    [InlineData("PORT", "postgres://owner:secret@host/db", Port + "'postgres://***@host/db'")]
    [InlineData("HOME_URL", "ftp://owner:secret@host", "HOME_URL must be an address like https://home.example.com, not 'ftp://***@host'")]
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

    [Theory]
    [InlineData("ln -s path path", "DATABASE_PATH must be a path that leads to a file, not 'path': Too many levels of symbolic links in '{0}/path'.")]
    [InlineData("ln -s other path; ln -s path other", "DATABASE_PATH must be a path that leads to a file, not 'path': Too many levels of symbolic links in '{0}/path'.")]
    [InlineData("mkfifo path", "DATABASE_PATH must be a regular file, not a device or a pipe: 'path'")]
    [InlineData("mkfifo pipe; ln -s pipe path", "DATABASE_PATH must be a regular file, not a device or a pipe: 'path'")]
    [InlineData("mkdir folder; ln -s folder path", "DATABASE_PATH must be a file, not a folder: 'path'")]
    public async Task A_path_that_leads_to_no_file_is_named(string make, string sentence)
    {
        NativeBinary.SkipWithout();
        Assert.Equal(0, await Tools.RunAsync("sh", "-c", $"cd '{folder.Path}' && {make}"));
        var before = Directory.GetFileSystemEntries(folder.Path).Order();

        await FailsAsync(new() { ["DATABASE_PATH"] = "path" }, line => Assert.Equal(sentence.Replace("{0}", folder.Path, StringComparison.Ordinal), line));

        Assert.Equal(before, Directory.GetFileSystemEntries(folder.Path).Order());
    }

    [Fact]
    public async Task On_Fly_io_a_region_is_not_its_own_home_for_want_of_a_primary_one()
    {
        NativeBinary.SkipWithout();

        await FailsAsync(
            new() { ["FLY_APP_NAME"] = "glue", ["FLY_REGION"] = "ams", ["API_KEY"] = Node.Key },
            line => Assert.StartsWith("PRIMARY_REGION must be set on Fly.io, to the region of the home (primary_region in fly.toml), or HOME_URL ", line, StringComparison.Ordinal));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task A_working_folder_that_is_gone_is_named()
    {
        NativeBinary.SkipWithout();
        string[] before = ["sh", "-c", "mkdir gone && cd gone && rmdir ../gone && exec \"$0\""];

        await FailsAsync([], line => Assert.StartsWith("DATABASE_PATH must be a path that leads to a file, not 'data/dataglue.db': ", line, StringComparison.Ordinal), before);
    }

    [Fact]
    public async Task A_working_folder_that_cannot_be_written_is_named()
    {
        NativeBinary.SkipWithout();
        var copy = await Unprivileged.CopyAsync(binary, folder);
        await Unprivileged.RightsAsync(folder.Path, "555");

        using var server = ServerProcess.Launch(copy, folder.Path, [], Unprivileged.Before);

        Assert.Equal(1, await server.ExitAsync());
        Assert.StartsWith($"DATABASE_PATH must be a file in a folder that can be made, not '{folder.File("data/dataglue.db")}': ", Assert.Single(server.Errors), StringComparison.Ordinal);
        await Unprivileged.RightsAsync(folder.Path, "755");
    }

    [Theory]
    [InlineData("PORT")]
    [InlineData("METRICS_PORT")]
    public async Task A_port_that_is_roots_is_named(string name)
    {
        NativeBinary.SkipWithout();
        const string first = "/proc/sys/net/ipv4/ip_unprivileged_port_start";
        Assert.SkipUnless(File.Exists(first) && int.Parse(await File.ReadAllTextAsync(first), CultureInfo.InvariantCulture) > 81, "any user may listen on any port here");
        var copy = await Unprivileged.CopyAsync(binary, folder);

        using var server = ServerProcess.Launch(
            copy, folder.Path, new() { ["PORT"] = ServerApp.FreePort().ToString(CultureInfo.InvariantCulture), [name] = "81" }, Unprivileged.Before);

        Assert.Equal(1, await server.ExitAsync());
        Assert.StartsWith($"{name} 81 cannot be listened on: ", Assert.Single(server.Errors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<&-")]
    [InlineData(">&-")]
    [InlineData("2>&-")]
    [InlineData("<&- >&-")]
    [InlineData("<&- >&- 2>&-")]
    public async Task With_closed_streams_it_serves_or_fails_as_with_open_ones(string streams)
    {
        NativeBinary.SkipWithout();
        string[] before = ["sh", "-c", $"exec \"$0\" {streams}"];
        using (var server = await ServerProcess.StartAsync(binary, folder.Path, before))
        {
            (await server.PostAsync("/glue/track", """{"glue_user_id":"a","event":"e"}""")).IsOk();
            Assert.Equal(0, await server.TerminateAsync());
            Assert.Empty(server.Errors);
        }

        Assert.Equal(["ok"], new DatabaseFile(folder.File("data/dataglue.db")).Query("PRAGMA integrity_check"));
        Assert.Equal(["dataglue.db", "dataglue.db-lock"], Directory.GetFiles(folder.File("data")).Select(Path.GetFileName).Order());
        using var failing = ServerProcess.Launch(binary, folder.Path, new() { ["PORT"] = "0" }, before);
        Assert.Equal(1, await failing.ExitAsync());
    }

    [Fact]
    public async Task Nothing_but_the_environment_and_the_env_file_is_read()
    {
        NativeBinary.SkipWithout();
        var (own, other) = (ServerApp.FreePort(), ServerApp.FreePort());
        var hostile = $$$"""
            {"AllowedHosts":"elsewhere.example","urls":"http://*:{{{other}}}","PORT":{{{other}}},"DATABASE_PATH":"theirs.db","environment":"Development",
             "Kestrel":{"Endpoints":{"x":{"Url":"http://*:{{{other}}}"} } },"Logging":{"LogLevel":{"Default":"nonsense"} },"ForwardedHeaders_Enabled":true}
            """;
        foreach (var name in new[] { "appsettings.json", "appsettings.Production.json", "appsettings.Development.json", "hostsettings.json" })
        {
            await File.WriteAllTextAsync(folder.File(name), hostile);
        }

        (string, string)[] environment =
        [
            ("PORT", $"{own}"), ("URLS", $"http://*:{other}"), ("HTTP_PORTS", $"{other}"), ("ENVIRONMENT", "Development"), ("CONTENTROOT", "/nowhere"),
            ("ASPNETCORE_URLS", $"http://*:{other}"), ("ASPNETCORE_HTTP_PORTS", $"{other}"), ("DOTNET_URLS", $"http://*:{other}"), ("AllowedHosts", "elsewhere.example"),
            ("ASPNETCORE_ENVIRONMENT", "Development"), ("DOTNET_ENVIRONMENT", "Development"), ("ASPNETCORE_CONTENTROOT", "/nowhere"), ("DOTNET_CONTENTROOT", "/nowhere"),
            ("ASPNETCORE_HOSTINGSTARTUPASSEMBLIES", "Nowhere"), ("ASPNETCORE_FORWARDEDHEADERS_ENABLED", "true"), ("ASPNETCORE_SHUTDOWNTIMEOUTSECONDS", "nonsense"),
            ("Kestrel__Endpoints__x__Url", $"http://*:{other}"), ("Kestrel__Limits__MaxRequestBodySize", "1"), ("Logging__LogLevel__Default", "nonsense"),
            ("Logging__Console__FormatterName", "nonsense"), ("LOGGING__LOGLEVEL__MICROSOFT", "Trace"),
        ];
        using var server = await ServerProcess.StartAsync(binary, folder.Path, environment);

        (await server.PostAsync("/glue/track", """{"glue_user_id":"a","event":"e"}""")).IsOk();
        using (var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            await Assert.ThrowsAsync<SocketException>(async () => await socket.ConnectAsync("127.0.0.1", other));
        }

        Assert.Equal(0, await server.TerminateAsync());
        Assert.True(File.Exists(folder.File("data/dataglue.db")));
        Assert.False(File.Exists(folder.File("theirs.db")));
        Assert.Equal(["1", "7", "40"], server.Log.Select(line => JsonNode.Parse(line)!["EventId"]!.ToString()));
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

    [Theory]
    [InlineData("CREATE TABLE users (x); INSERT INTO users VALUES (7);")]
    [InlineData("CREATE TABLE notes (x); INSERT INTO notes VALUES (7);")]
    [InlineData("PRAGMA journal_mode = WAL; CREATE TABLE notes (x); INSERT INTO notes VALUES (7);")]
    [InlineData("CREATE VIEW seven AS SELECT 7;")]
    [InlineData("CREATE TABLE SchemaVersions (SchemaVersionID INTEGER PRIMARY KEY, ScriptName TEXT, Applied TEXT);")]
    [InlineData("CREATE TABLE SchemaVersions (SchemaVersionID INTEGER PRIMARY KEY, ScriptName TEXT, Applied TEXT); INSERT INTO SchemaVersions VALUES (1, 'theirs.sql', '2024');")]
    public async Task A_database_of_another_program_is_left_as_it_was(string sql)
    {
        NativeBinary.SkipWithout();
        Sqlite3.SkipWithout();
        var path = folder.File("theirs.db");
        Sqlite3.Run(path, sql);
        var before = Sqlite3.Run(path, ".dump");
        var bytes = await File.ReadAllBytesAsync(path);

        await FailsAsync(
            new() { ["DATABASE_PATH"] = path },
            line => Assert.Equal($"DATABASE_PATH must be a database of this program, or a new file, and '{path}' is one of another program; nothing was changed", line));

        Assert.Equal(bytes, await File.ReadAllBytesAsync(path));
        Assert.Equal(before, Sqlite3.Run(path, ".dump"));
    }

    [Fact]
    public async Task On_a_full_disk_the_schema_is_made_whole_or_not_at_all()
    {
        NativeBinary.SkipWithout();
        var place = Directory.CreateDirectory(folder.File("disk")).FullName;
        using var disk = await LastingDisk.MountAsync(place, 1);
        var port = ServerApp.FreePort();
        for (var free = 0; ; free += 16)
        {
            disk.Fill();
            disk.GiveBack(free * 1024);
            using var server = ServerProcess.Launch(binary, folder.Path, new() { ["PORT"] = port.ToString(CultureInfo.InvariantCulture) }, disk.Before);
            if (await server.EndsOrListensAsync())
            {
                output.WriteLine($"{free} KiB are enough");
                Assert.NotEqual(0, free);
                (await server.GetAsync("/glue/user/nobody")).IsError(HttpStatusCode.NotFound, "User not found");
                break;
            }

            Assert.Equal(1, await server.ExitAsync());
            var line = Assert.Single(server.Errors);
            Assert.Contains("full", line, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", line, StringComparison.Ordinal);
        }

        disk.Clear();
        using var again = await ServerProcess.StartAsync(binary, folder.Path, [("MIN_FREE_MB", "0")], disk.Before);
        (await again.PostAsync("/glue/track", """{"glue_user_id":"a","event":"e"}""")).IsOk();
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

    [Theory]
    [InlineData("API_KEY", 1)]
    [InlineData("PORT=3000\n\n# a comment\nexport API_KEY\n", 4)]
    [InlineData("PORT=3000\r\nset API_KEY=secret\r\n", 2)]
    [InlineData("API KEY=secret", 1)]
    [InlineData("API_KEY: secret", 1)]
    [InlineData("=secret", 1)]
    [InlineData("1API_KEY=secret", 1)]
    [InlineData("API_KEY=\"secret", 1)]
    [InlineData("API_KEY='secret\n'", 1)]
    [InlineData("API_KEY='secret' more", 1)]
    [InlineData("API_KEY='secret'# no blank", 1)]
    [InlineData("API_KEY=\"sec\"ret\"", 1)]
    [InlineData("export\nAPI_KEY=secret", 1)]
    [InlineData("exportAPI_KEY secret", 1)]
    [InlineData("{\"API_KEY\":\"secret=\"}", 1)]
    public async Task A_line_of_the_env_file_that_is_not_read_is_named_by_its_number(string text, int number)
    {
        NativeBinary.SkipWithout();
        await File.WriteAllTextAsync(folder.File(".env"), text);

        await FailsAsync([], line => Assert.Equal($"{Line}{number} is none of these", line));

        Assert.Equal([".env"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("mkdir .env", ".env must be a file that can be read, or none: ")]
    [InlineData("ln -s nowhere .env", ".env must be a file that can be read, or none: ")]
    [InlineData("ln -s .env .env", ".env must be a file that can be read, or none: ")]
    [InlineData("printf 'API_KEY=\\377\\376secret' >.env", ".env must be text in UTF-8")]
    [InlineData("printf 'API_KEY=' >.env", "API_KEY" + Blank)]
    [InlineData("printf 'API_KEY= # to be done' >.env", "API_KEY" + Blank)]
    [InlineData("printf 'API_KEY=\"\"' >.env", "API_KEY" + Blank)]
    [InlineData("printf 'api_key=\"\"' >.env", "API_KEY" + Blank)]
    [InlineData("printf 'API_KEY=of-the-owner\nAPI_KEY=\n' >.env", "API_KEY" + Blank)]
    public async Task An_env_file_that_has_lost_something_is_named(string make, string start)
    {
        NativeBinary.SkipWithout();
        Assert.Equal(0, await Tools.RunAsync("sh", "-c", $"cd '{folder.Path}' && {make}"));

        await FailsAsync([], line => Assert.StartsWith(start, line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("API_KEY=of-the-owner-0123456789")]
    [InlineData("export API_KEY=of-the-owner-0123456789")]
    [InlineData("  export\tAPI_KEY = of-the-owner-0123456789 \t# the key")]
    [InlineData("\uFEFFAPI_KEY=of-the-owner-0123456789\r\nRATE_LIMIT=5\r\n")]
    [InlineData("OTHER.program-1=$API_KEY\nAPI_KEY=another\nAPI_KEY=of-the-owner-0123456789")]
    [InlineData("API_KEY=\"of-the-owner-0123456789\"", "API_KEY")]
    [InlineData("API_KEY= 'of-the-owner-0123456789' # the key\nMAX_BODY_BYTES='2048'", "API_KEY", "MAX_BODY_BYTES")]
    public async Task A_line_of_the_env_file_is_a_setting_and_quotes_are_taken_off_with_a_warning(string text, params string[] warned)
    {
        NativeBinary.SkipWithout();
        await File.WriteAllTextAsync(folder.File(".env"), text);
        using var server = await ServerProcess.StartAsync(binary, folder.Path);

        (await server.GetAsync("/glue/user/nobody")).IsError(HttpStatusCode.Unauthorized, "This needs a key; send it in the header x-api-key");
        (await server.SendAsync("GET", "/glue/user/nobody", null, ("x-api-key", Node.Key))).IsError(HttpStatusCode.NotFound, "User not found");

        Assert.Equal(0, await server.TerminateAsync());
        Assert.Equal(warned.Select(name => $"{name} has quotes around its whole value, which are taken off; remove them"), Messages(server, 41));
    }

    [Theory]
    [InlineData("#starts-with-a-sign-0123", "#starts-with-a-sign-0123")]
    [InlineData("has#a-sign-0123456789", "has#a-sign-0123456789")]
    [InlineData("has$HOME-and-${PORT}-in-it", "has$HOME-and-${PORT}-in-it")]
    [InlineData("ends-with-equals-signs==", "ends-with-equals-signs==")]
    [InlineData("'with#a-sign-in-quotes-01'", "with#a-sign-in-quotes-01")]
    [InlineData("\"with\\a-backslash-0123456789\"", "with\\a-backslash-0123456789")]
    public async Task A_value_is_read_as_it_stands(string written, string key)
    {
        NativeBinary.SkipWithout();
        await File.WriteAllTextAsync(folder.File(".env"), $"API_KEY={written}\n");
        using var server = await ServerProcess.StartAsync(binary, folder.Path);

        (await server.SendAsync("GET", "/glue/user/nobody", null, ("x-api-key", key))).IsError(HttpStatusCode.NotFound, "User not found");
    }

    [Fact]
    public async Task Quotes_around_a_value_of_the_environment_are_taken_off_with_a_warning()
    {
        NativeBinary.SkipWithout();
        using var server = await ServerProcess.StartAsync(
            binary, folder.Path, [("API_KEY", $"\"{Node.Key}\""), ("DATABASE_PATH", "'with blank.db'"), ("ALLOWED_ORIGINS", "https://shop.example"), ("SOMETHING_ELSE", "'x'")]);

        (await server.SendAsync("GET", "/glue/user/nobody", null, ("x-api-key", Node.Key))).IsError(HttpStatusCode.NotFound, "User not found");

        Assert.Equal(0, await server.TerminateAsync());
        Assert.True(File.Exists(folder.File("with blank.db")));
        Assert.Equal(
            ["API_KEY has quotes around its whole value, which are taken off; remove them", "DATABASE_PATH has quotes around its whole value, which are taken off; remove them"],
            Messages(server, 41));
    }

    [Fact]
    public async Task The_environment_wins_over_the_env_file()
    {
        NativeBinary.SkipWithout();
        await File.WriteAllTextAsync(folder.File(".env"), $"# a comment\nPORT=1\nDATABASE_PATH=\"from env/file.db\"\nMAX_BODY_BYTES=2048\n");

        using var server = await ServerProcess.StartAsync(binary, folder.Path, [("MAX_BODY_BYTES", "")]);

        (await server.PostAsync("/glue/track", $$"""{"glue_user_id":"a","event":"e","properties":{"x":"{{new string('x', 3_000)}}"} }""")).IsOk();
        Assert.True(File.Exists(folder.File("from env/file.db")));
    }

    [Fact]
    public async Task In_a_terminal_the_log_is_plain_lines()
    {
        NativeBinary.SkipWithout();
        Assert.SkipUnless(Tools.Has("script"), "needs script (util-linux)");
        using var server = await ServerProcess.StartAsync(binary, folder.Path, [("API_KEY", "'short'")], "sh", "-c", "exec script -qec \"$0\" /dev/null");

        await Poll.UntilAsync(() => Task.FromResult(server.Log.Count == 4));
        Assert.Equal(
            [
                $"info: DataGlue.Edge[1] DataGlue Edge listens on http://localhost:{server.Port}, data in {folder.File("data/dataglue.db")}, as home",
                "warn: DataGlue.Edge[10] API_KEY is set and ALLOWED_ORIGINS names no origin: browsers, which have no key, get 401",
                "warn: DataGlue.Edge[11] A key of API_KEY has fewer than 16 characters and may be guessed",
                "warn: DataGlue.Edge[41] API_KEY has quotes around its whole value, which are taken off; remove them",
            ],
            server.Log.Select(TerminalText.Plain));
    }

    public void Dispose() => folder.Dispose();

    private static IEnumerable<string> Messages(ServerProcess server, int id) => server.Log.Select(line => JsonNode.Parse(line)!)
        .Where(entry => (int)entry["EventId"]! == id).Select(entry => (string)entry["Message"]!);

    private async Task FailsAsync(Dictionary<string, string> settings, Action<string> check, params string[] before)
    {
        using var server = ServerProcess.Launch(binary, folder.Path, settings, before);
        Assert.Equal(1, await server.ExitAsync());
        check(Assert.Single(server.Errors));
    }
}
