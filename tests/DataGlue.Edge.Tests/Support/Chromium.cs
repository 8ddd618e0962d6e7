using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json.Nodes;

namespace DataGlue.Edge.Tests.Support;

/// <summary>A real browser without a window, driven over its DevTools protocol. Libraries for that serialize by reflection, which is off here as in the product.</summary>
public sealed class Chromium : IAsyncDisposable
{
    private readonly TempFolder profile = new();
    private readonly ClientWebSocket socket = new();
    private readonly SemaphoreSlim sending = new(1);
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonNode>> waiting = new();
    private readonly Process process;
    private Task reading = Task.CompletedTask;
    private int sent;

    private Chromium()
    {
        // Root has no sandbox in a container.
        string[] sandbox = Environment.IsPrivilegedProcess ? ["--no-sandbox"] : [];
        process = Process.Start(new ProcessStartInfo(
            "chromium",
            [
                .. sandbox, "--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--remote-debugging-port=0", $"--user-data-dir={profile.Path}", "about:blank",
            ])
        { RedirectStandardError = true, RedirectStandardOutput = true })!;
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
    }

    public static void SkipWithout() => Assert.SkipUnless(Tools.Has("chromium"), "needs chromium (apt install chromium)");

    /// <summary>Starts the browser.</summary>
    public static async Task<Chromium> StartAsync()
    {
        var browser = new Chromium();
        var address = browser.profile.File("DevToolsActivePort");
        await Poll.UntilAsync(() => Task.FromResult(File.Exists(address) && File.ReadAllLines(address).Length == 2));
        var lines = await File.ReadAllLinesAsync(address);
        await browser.socket.ConnectAsync(new Uri($"ws://127.0.0.1:{lines[0]}{lines[1]}"), CancellationToken.None);
        browser.reading = browser.ReadAsync();
        return browser;
    }

    /// <summary>Opens an address in a window of its own, without cookies and caches of another.</summary>
    public async Task<Page> OpenAsync(string address)
    {
        var context = await SendAsync("Target.createBrowserContext", []);
        var target = await SendAsync("Target.createTarget", new() { ["url"] = address, ["browserContextId"] = (string)context["browserContextId"]! });
        var session = await SendAsync("Target.attachToTarget", new() { ["targetId"] = (string)target["targetId"]!, ["flatten"] = true });
        var page = new Page(this, (string)session["sessionId"]!);
        await Poll.UntilAsync(async () => await page.RunAsync("return location.href + document.readyState") == address + "complete");
        return page;
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        await reading;
        process.Dispose();
        socket.Dispose();
        sending.Dispose();
        profile.Dispose();
    }

    private async Task<JsonNode> SendAsync(string method, JsonObject parameters, string? session = null)
    {
        var id = Interlocked.Increment(ref sent);
        var answer = waiting[id] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var message = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters };
        if (session is not null)
        {
            message["sessionId"] = session;
        }

        await sending.WaitAsync();
        try
        {
            await socket.SendAsync(System.Text.Encoding.UTF8.GetBytes(message.ToJsonString()), WebSocketMessageType.Text, true, CancellationToken.None);
        }
        finally
        {
            sending.Release();
        }

        var reply = await answer.Task;
        return reply["result"] ?? throw new InvalidOperationException(reply.ToJsonString());
    }

    private async Task ReadAsync()
    {
        var part = new byte[64 * 1024];
        try
        {
            while (true)
            {
                using var message = new MemoryStream();
                WebSocketReceiveResult result;
                do
                {
                    result = await socket.ReceiveAsync(part, CancellationToken.None);
                    message.Write(part, 0, result.Count);
                }
                while (!result.EndOfMessage);

                // Events, which nobody has asked for, have no id.
                var reply = JsonNode.Parse(message.ToArray())!;
                if (reply["id"] is { } id && waiting.TryRemove((int)id, out var answer))
                {
                    answer.TrySetResult(reply);
                }
            }
        }
        catch (Exception exception) when (exception is WebSocketException or System.Text.Json.JsonException)
        {
            foreach (var answer in waiting.Values)
            {
                answer.TrySetException(exception);
            }
        }
    }

    /// <summary>A window of the browser.</summary>
    public sealed class Page(Chromium browser, string session)
    {
        /// <summary>Runs the body of an async function in the page. Returns the text that it returns, or <c>throws NAME</c>.</summary>
        public async Task<string> RunAsync(string script)
        {
            var expression = $"(async () => {{ try {{ return String(await (async () => {{ {script} }})()) }} catch (e) {{ return 'throws ' + e.name }} }})()";
            var reply = await browser.SendAsync("Runtime.evaluate", new() { ["expression"] = expression, ["awaitPromise"] = true, ["returnByValue"] = true }, session);
            return (string?)reply["result"]!["value"] ?? throw new InvalidOperationException(reply.ToJsonString());
        }
    }
}
