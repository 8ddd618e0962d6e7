using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.D1;

/// <summary>Cloudflare's workerd with empty D1 databases, started by miniflare (tests/d1).</summary>
public sealed class D1Server : IDisposable
{
    private static readonly string Folder = Path.Combine(NativeBinary.Root, "tests", "d1");

    private static readonly string? Missing =
        !Tools.Has("node") ? "needs node (apt install nodejs npm)"
        : !IsNewEnough() ? "needs node 20.18 or later"
        : !File.Exists(Path.Combine(Folder, "node_modules", ".package-lock.json")) ? "needs miniflare (tests/d1/install.sh)"
        : null;

    private readonly Process process;
    private readonly HttpClient client;

    private D1Server(Process process, string address)
    {
        this.process = process;
        client = new HttpClient { BaseAddress = new Uri(address), Timeout = TimeSpan.FromMinutes(1) };
    }

    /// <summary>Skips a test for which node or miniflare is missing; in CI, which installs both, it fails.</summary>
    public static void SkipWithout()
    {
        Assert.False(Missing is not null && Environment.GetEnvironmentVariable("CI") == "true", Missing);
        Assert.SkipWhen(Missing is not null, Missing ?? "");
    }

    /// <summary>Starts it with databases of these names.</summary>
    public static async Task<D1Server> StartAsync(params string[] databases)
    {
        var info = new ProcessStartInfo("node", ["server.mjs", .. databases])
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = Process.Start(info)!;
        var errors = process.StandardError.ReadToEndAsync();
        var address = await process.StandardOutput.ReadLineAsync();
        Assert.True(address is not null, address is null ? await errors : "");
        return new D1Server(process, address!);
    }

    private static bool IsNewEnough()
    {
        using var check = Process.Start(Path.Combine(Folder, "node-is-new-enough.sh"));
        check.WaitForExit();
        return check.ExitCode == 0;
    }

    public D1Database Database(string name) => new(this, name);

    /// <summary>Sends a request to the Worker and gives its reply.</summary>
    internal async Task<JsonNode> AskAsync(JsonObject request)
    {
        using var content = new StringContent(request.ToJsonString());
        using var reply = await client.PostAsync(new Uri("/", UriKind.Relative), content);
        return JsonNode.Parse(await reply.Content.ReadAsStringAsync())!;
    }

    public void Dispose()
    {
        client.Dispose();
        process.StandardInput.Close();
        if (!process.WaitForExit(TimeSpan.FromSeconds(30)))
        {
            process.Kill(entireProcessTree: true);
        }

        process.Dispose();
    }
}

/// <summary>One D1 database.</summary>
public sealed class D1Database(D1Server server, string name) : IBatches
{
    public async Task<BatchOutcome> RunAsync(IReadOnlyList<Statement> batch)
    {
        var statements = batch.Select(SqlText.ToD1).Select(statement => new JsonObject
        {
            ["sql"] = statement.Sql,
            ["params"] = new JsonArray([.. statement.Values.Select(Parameter)]),
        });
        var reply = await server.AskAsync(new JsonObject { ["database"] = name, ["batch"] = new JsonArray([.. statements]) });
        return reply["error"] is { } error
            ? BatchOutcome.Failed((string)error!)
            : new BatchOutcome([.. reply["results"]!.AsArray().Select(result => Outcome(result!))], Error: null);
    }

    /// <summary>Runs a script, each of its statements as a batch of its own; all of them must succeed.</summary>
    public async Task LoadAsync(string script)
    {
        foreach (var statement in SqlText.Split(script))
        {
            var outcome = await RunAsync([Statement.Of(statement)]);
            Assert.True(outcome.Error is null, $"{outcome.Error}\n{statement}");
        }
    }

    /// <summary>What <c>wrangler d1 export</c> writes to its file.</summary>
    public async Task<string> ExportAsync()
    {
        var dump = new JsonObject { ["schema"] = true, ["data"] = true, ["tables"] = new JsonArray() };
        var reply = await server.AskAsync(new JsonObject { ["database"] = name, ["dump"] = dump });
        Assert.True(reply["lines"] is not null, reply.ToJsonString());
        return string.Join('\n', reply["lines"]!.AsArray().Select(line => (string)line!));
    }

    private static JsonNode? Parameter(object? value) => value switch
    {
        null => null,
        long number => JsonValue.Create(number),
        string text => JsonValue.Create(text),
        _ => throw new ArgumentException($"no parameter can be {value}"),
    };

    private static StatementOutcome Outcome(JsonNode result) => new(
        [.. result["rows"]!.AsArray().Select(row => string.Join(", ", row!.AsObject().Select(column => $"{column.Key}={Literal(column.Value)}")))],
        (long)result["changes"]!);

    private static string Literal(JsonNode? value) => value?.GetValueKind() switch
    {
        null => "NULL",
        JsonValueKind.String => $"'{(string)value!}'",
        JsonValueKind.Array => $"X'{Convert.ToHexString([.. value!.AsArray().Select(item => (byte)item!)])}'",
        _ when long.TryParse(value!.ToJsonString(), CultureInfo.InvariantCulture, out var number) => number.ToString(CultureInfo.InvariantCulture),
        _ => ((double)value!).ToString("R", CultureInfo.InvariantCulture),
    };
}
