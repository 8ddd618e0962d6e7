using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace DataGlue.Edge.Tests.Support;

/// <summary>The native binary running on a folder.</summary>
public sealed class ServerProcess : IDisposable
{
    /// <summary>What the environment of a test may hold and its server is not to see.</summary>
    public static IReadOnlyList<string> Settings { get; } =
    [
        "PORT", "DATABASE_PATH", "MAX_BODY_BYTES", "MAX_BULK_BYTES", "API_KEY", "WRITE_KEYS", "RELAY_KEY", "IDENTITY_SECRET", "REQUIRE_SIGNED_IDENTITY", "ALLOWED_ORIGINS",
        "CONNECTION_LIMIT", "EVENT_LIMIT", "TRUSTED_PROXIES", "IGNORED_REFERRERS", "METRICS_PORT", "HOME_URL", "OUTBOX_MAX_MB", "MIN_FREE_MB", "FLY_APP_NAME", "FLY_REGION",
        "PRIMARY_REGION", "ASPNETCORE_ENVIRONMENT", "DOTNET_ENVIRONMENT",
    ];

    private const int LinesOfLog = 4_000;

    private readonly Process process;
    private readonly ConcurrentQueue<string> errors = new();
    private readonly ConcurrentQueue<string> log = new();

    private ServerProcess(Process process, int port)
    {
        this.process = process;
        Port = port;
        Client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromMinutes(2) };
        process.ErrorDataReceived += (_, line) => errors.Enqueue(line.Data ?? "");
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
    }

    public int Port { get; }

    public int Id => process.Id;

    public HttpClient Client { get; }

    /// <summary>What it wrote to standard error, line by line.</summary>
    public IReadOnlyList<string> Errors => [.. errors.Where(line => line.Length > 0)];

    /// <summary>The last lines of what it wrote to standard output.</summary>
    public IReadOnlyList<string> Log => [.. log];

    /// <summary>Whether it runs no more.</summary>
    public bool HasEnded => process.HasExited;

    /// <summary>Starts the server with its working directory in <paramref name="folder"/> and waits until it listens.</summary>
    /// <param name="binary">The program.</param>
    /// <param name="folder">Its working directory.</param>
    /// <param name="before">A program, with arguments, that is to start it: strace.</param>
    public static Task<ServerProcess> StartAsync(NativeBinary binary, string folder, params string[] before) => StartAsync(binary, folder, [], before);

    /// <summary>Starts the server with these settings and waits until it listens.</summary>
    public static async Task<ServerProcess> StartAsync(NativeBinary binary, string folder, (string Name, string Value)[] settings, params string[] before)
    {
        var all = settings.ToDictionary(setting => setting.Name, setting => setting.Value);
        all.TryAdd("PORT", ServerApp.FreePort().ToString(CultureInfo.InvariantCulture));
        var edge = Launch(binary, folder, all, before);
        while (!await edge.ListensAsync())
        {
            Assert.False(edge.process.HasExited, string.Join('\n', edge.Errors));
            await Task.Delay(5);
        }

        return edge;
    }

    /// <summary>Starts the server with these settings and no others, but that nobody's requests are counted without a word of it.</summary>
    public static ServerProcess Launch(NativeBinary binary, string folder, Dictionary<string, string> settings, params string[] before)
    {
        string[] command = [.. before, binary.Path];
        var info = new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = folder,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        foreach (var name in Settings)
        {
            info.Environment.Remove(name);
        }

        info.Environment["RATE_LIMIT"] = "0";
        info.Environment["EVENT_LIMIT"] = "0";

        foreach (var (name, value) in settings)
        {
            info.Environment[name] = value;
        }

        var port = settings.TryGetValue("PORT", out var text) && int.TryParse(text, out var number) && number is > 0 and < 65_536 ? number : 3000;
        return new ServerProcess(Process.Start(info)!, port);
    }

    public async Task<Reply> PostAsync(string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        return await Reply.ReadAsync(await Client.PostAsync(new Uri(path, UriKind.Relative), content));
    }

    /// <summary>Sends a request with these headers, as they stand; a body is JSON unless they say otherwise.</summary>
    public async Task<Reply> SendAsync(string method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = Requests.Make(method, new Uri(path, UriKind.Relative), body, headers);
        return await Reply.ReadAsync(await Client.SendAsync(request));
    }

    public async Task<Reply> GetAsync(string path) => await Reply.ReadAsync(await Client.GetAsync(new Uri(path, UriKind.Relative)));

    /// <summary>Waits until it has ended or listens, and tells whether it listens.</summary>
    public async Task<bool> EndsOrListensAsync()
    {
        while (!process.HasExited)
        {
            if (await ListensAsync())
            {
                return true;
            }

            await Task.Delay(5);
        }

        return false;
    }

    public async Task<bool> ListensAsync()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync("127.0.0.1", Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Asks the process to stop, and waits until it has.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> TerminateAsync(string signal = "TERM")
    {
        Assert.Equal(0, await Tools.RunAsync("sh", "-c", $"kill -{signal} {process.Id}"));
        return await ExitAsync();
    }

    /// <summary>Waits for the process to end of its own accord.</summary>
    public async Task<int> ExitAsync()
    {
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>A figure of /proc/PID/status in bytes: VmRSS is resident now, VmHWM at its peak.</summary>
    public long Memory(string figure)
    {
        var line = File.ReadLines($"/proc/{process.Id}/status").First(line => line.StartsWith(figure + ":", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }

    public void Dispose()
    {
        Client.Dispose();
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }

        process.Dispose();
    }

    private void Keep(string? line)
    {
        if (!string.IsNullOrEmpty(line))
        {
            log.Enqueue(line);
        }

        while (log.Count > LinesOfLog)
        {
            log.TryDequeue(out _);
        }
    }
}
