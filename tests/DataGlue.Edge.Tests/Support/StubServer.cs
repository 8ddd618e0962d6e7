using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DataGlue.Edge.Tests.Support;

/// <summary>What answers in the home's place: it sees each request, answers it as a test says, or passes it on to the home.</summary>
public sealed class StubServer : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> seen = new();
    private readonly HttpClient client = new();
    private readonly WebApplication app;
    private readonly int home;
    private volatile Func<string, HttpContext, Task<bool>> answer = (_, _) => Task.FromResult(false);

    private StubServer(WebApplication app, int port, int home) => (this.app, Port, this.home) = (app, port, home);

    public int Port { get; }

    public string Url => $"http://127.0.0.1:{Port}";

    /// <summary>The bodies that have come in, decompressed.</summary>
    public IReadOnlyList<string> Seen => [.. seen];

    /// <summary>Answers a request of this body, or returns false: then the home does.</summary>
    public Func<string, HttpContext, Task<bool>> Answer
    {
        get => answer;
        set => answer = value;
    }

    /// <summary>Begins to answer.</summary>
    /// <param name="home">The port of the home.</param>
    public static async Task<StubServer> StartAsync(int home)
    {
        var port = ServerApp.FreePort();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.Zero);
        var stub = new StubServer(builder.Build(), port, home);
        stub.app.Run(stub.ServeAsync);
        await stub.app.StartAsync();
        return stub;
    }

    /// <summary>Answers each relay with this status and body.</summary>
    public void Says(int status, string body, string type = "application/json") => Answer = async (_, context) =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        await context.Response.WriteAsync(body);
        return true;
    };

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
        client.Dispose();
    }

    private async Task ServeAsync(HttpContext context)
    {
        using var raw = new MemoryStream();
        await context.Request.Body.CopyToAsync(raw);
        var body = await TextOfAsync(raw, context.Request.Headers.ContentEncoding == "gzip");
        seen.Enqueue(body);
        if (!await Answer(body, context))
        {
            await PassOnAsync(raw.ToArray(), context);
        }
    }

    private static async Task<string> TextOfAsync(MemoryStream raw, bool compressed)
    {
        raw.Position = 0;
        await using Stream plain = compressed ? new GZipStream(raw, CompressionMode.Decompress, leaveOpen: true) : new BufferedStream(raw);
        using var text = new MemoryStream();
        await plain.CopyToAsync(text);
        return Encoding.UTF8.GetString(text.ToArray());
    }

    private async Task PassOnAsync(byte[] body, HttpContext context)
    {
        var target = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{home}{context.Request.Path}{context.Request.QueryString}"));
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), target) { Content = new ByteArrayContent(body) };
        foreach (var (name, values) in context.Request.Headers.Where(header => header.Key.StartsWith("x-", StringComparison.OrdinalIgnoreCase)))
        {
            request.Headers.TryAddWithoutValidation(name, values.ToArray());
        }

        request.Content.Headers.ContentType = context.Request.ContentType is { } type ? MediaTypeHeaderValue.Parse(type) : null;
        request.Content.Headers.TryAddWithoutValidation("Content-Encoding", context.Request.Headers.ContentEncoding.ToArray());
        using var response = await client.SendAsync(request);
        context.Response.StatusCode = (int)response.StatusCode;
        context.Response.ContentType = response.Content.Headers.ContentType?.ToString();
        await context.Response.Body.WriteAsync(await response.Content.ReadAsByteArrayAsync());
    }
}
