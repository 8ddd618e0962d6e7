using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace DataGlue.Edge.Tests.Support;

/// <summary>A native server at a place of its own that ends and comes back there: same file, same port.</summary>
public sealed class Node : IDisposable
{
    /// <summary>The key that every node of a region has.</summary>
    public const string Key = "of-the-owner-0123456789";

    private readonly NativeBinary binary;
    private readonly string folder;
    private readonly string[] before;
    private readonly Dictionary<string, string> settings;

    /// <summary>Names the place; nothing runs yet.</summary>
    /// <param name="binary">The program.</param>
    /// <param name="folder">Its working directory, with the database in it.</param>
    /// <param name="settings">Its settings beside port and key.</param>
    /// <param name="before">A program, with arguments, that is to start it.</param>
    public Node(NativeBinary binary, string folder, (string Name, string Value)[] settings, params string[] before)
    {
        (this.binary, this.folder, this.before) = (binary, folder, before);
        Port = ServerApp.FreePort();
        this.settings = new() { ["PORT"] = Port.ToString(CultureInfo.InvariantCulture), ["API_KEY"] = Key };
        Set(settings);
        Client = new HttpClient { BaseAddress = new Uri(Url), Timeout = TimeSpan.FromMinutes(2) };
        Client.DefaultRequestHeaders.Add("x-api-key", Key);
        Directory.CreateDirectory(folder);
    }

    public int Port { get; }

    public string Url => $"http://127.0.0.1:{Port}";

    /// <summary>Sends the key; stays usable over restarts.</summary>
    public HttpClient Client { get; }

    /// <summary>What runs there, or ran last.</summary>
    public ServerProcess Process { get; private set; } = null!;

    public string DatabasePath => Path.Combine(folder, "data", "dataglue.db");

    public DatabaseFile Database => new(DatabasePath);

    /// <summary>Settings from the next start on; an empty value unsets one.</summary>
    public void Set(params (string Name, string Value)[] changes)
    {
        foreach (var (name, value) in changes)
        {
            settings.Remove(name);
            if (value.Length > 0)
            {
                settings.Add(name, value);
            }
        }
    }

    /// <summary>Starts it and waits until it listens.</summary>
    public async Task<Node> StartAsync()
    {
        Process?.Dispose();
        Process = await ServerProcess.StartAsync(binary, folder, [.. settings.Select(setting => (setting.Key, setting.Value))], before);
        return this;
    }

    /// <summary>Checks that it does not start, and gives the one line that says why.</summary>
    public async Task<string> RefusesToStartAsync()
    {
        using var process = ServerProcess.Launch(binary, folder, settings, before);
        Assert.Equal(1, await process.ExitAsync());
        return Assert.Single(process.Errors);
    }

    /// <summary>Runs a command there, with the settings of the node.</summary>
    public Task<CommandRun> RunAsync(params string[] arguments) =>
        CommandRun.RunAsync(binary, folder, [.. settings.Select(setting => (setting.Key, setting.Value))], before, arguments);

    public async Task<Reply> PostAsync(string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        return await Reply.ReadAsync(await Client.PostAsync(new Uri(path, UriKind.Relative), content));
    }

    public async Task<Reply> GetAsync(string path) => await Reply.ReadAsync(await Client.GetAsync(Address(path)));

    public async Task<Reply> DeleteAsync(string path) => await Reply.ReadAsync(await Client.DeleteAsync(Address(path)));

    /// <summary>An address of the server, its path exactly as it is given.</summary>
    public Uri Address(string path) => new(Url + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });

    /// <summary>Tracks an event of this id, with more members if there are any.</summary>
    public Task<Reply> TrackAsync(string user, string id, string more = "") =>
        PostAsync("/glue/track", $$"""{"glue_user_id":"{{user}}","event":"e","event_id":"{{id}}"{{more}}}""");

    /// <summary>What GET /glue/outbox says.</summary>
    public async Task<JsonNode> OutboxAsync() => (await GetAsync("/glue/outbox")).IsOk().Json;

    /// <summary>Waits until the outbox says so.</summary>
    public Task OutboxIsAsync(Func<JsonNode, bool> condition) => Poll.UntilAsync(async () => condition(await OutboxAsync()));

    /// <summary>Waits until nothing waits, which the metrics say too, and checks that nothing is aside.</summary>
    public async Task DrainsAsync()
    {
        await OutboxIsAsync(outbox => (int)outbox["depth"]! == 0);
        Assert.Equal(0, (int)(await OutboxAsync())["aside_count"]!);
        await MetricIsAsync("dataglue_outbox_items", "0");
    }

    /// <summary>Waits until /metrics says so: what it says may be a moment old.</summary>
    public Task MetricIsAsync(string name, string value) => Poll.UntilAsync(async () => await MetricAsync(name) == value);

    /// <summary>A figure of /metrics, of those that have one value alone.</summary>
    private async Task<string> MetricAsync(string name)
    {
        string[] starts = [name + "{", name + " "];
        var line = (await GetAsync("/metrics")).IsOk().Body.Split('\n').Single(line => starts.Any(start => line.StartsWith(start, StringComparison.Ordinal)));
        return line.Split(' ')[^1];
    }

    /// <summary>How often the log has begun a line like that.</summary>
    public int Told(string message) =>
        Process.Log.Count(line => ((string?)JsonNode.Parse(line)!["Message"])!.StartsWith(message, StringComparison.Ordinal));

    public void Dispose()
    {
        Client.Dispose();
        Process?.Dispose();
    }
}
