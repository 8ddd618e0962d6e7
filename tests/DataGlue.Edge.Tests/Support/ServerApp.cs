using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Time.Testing;

namespace DataGlue.Edge.Tests.Support;

/// <summary>The whole server on a new SQLite file, with a clock that a test can set.</summary>
public sealed class ServerApp : IDisposable
{
    /// <summary>When every test begins.</summary>
    public static readonly DateTimeOffset Start = new(2024, 6, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly TempFolder folder = new();
    private readonly WebApplication app;
    private readonly string address;

    public ServerApp()
        : this([])
    {
    }

    /// <summary>Starts with these settings, of which an empty one is none; without a word of it, nobody's requests are counted.</summary>
    public ServerApp(params (string Name, string Value)[] settings)
    {
        var port = FreePort();
        var all = new Dictionary<string, string?>
        {
            ["DATABASE_PATH"] = DatabasePath,
            ["PORT"] = port.ToString(CultureInfo.InvariantCulture),
            ["RATE_LIMIT"] = "0",
            ["EVENT_LIMIT"] = "0",
        };
        foreach (var (name, value) in settings)
        {
            all[name] = value.Length > 0 ? value : null;
        }

        app = Program.Build(Settings.Read(new ConfigurationBuilder().AddInMemoryCollection(all).Build()), Clock);
        app.StartServerAsync().GetAwaiter().GetResult();
        Client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        address = $"http://127.0.0.1:{port}";
    }

    public FakeTimeProvider Clock { get; } = new(Start);

    public HttpClient Client { get; }

    /// <summary>What the server is made of.</summary>
    public IServiceProvider Services => app.Services;

    /// <summary>
    /// A port on which nothing listens, below those that the system gives to outgoing connections: a test beside this one
    /// could otherwise be given it before the server is there.
    /// </summary>
    public static int FreePort()
    {
        while (true)
        {
            var port = Random.Shared.Next(12_000, 32_000);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Any, port));
                return port;
            }
            catch (SocketException)
            {
                // Taken: try another.
            }
        }
    }

    /// <summary>Where the server listens, without a slash at the end.</summary>
    public string Url => address;

    /// <summary>An address of the server, its path exactly as it is given: Uri would tidy slashes and dots away.</summary>
    public Uri Address(string path) => new(address + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });

    public string DatabasePath => folder.File("data/dataglue.db");

    public Task<Reply> IdentifyAsync(string json) => PostAsync("/glue/identify", json);

    public Task<Reply> TrackAsync(string json) => PostAsync("/glue/track", json);

    public Task<Reply> SyncAsync(string json) => PostAsync("/glue/sync", json);

    public Task<Reply> BatchAsync(string json) => PostAsync("/glue/batch", json);

    public Task<Reply> UserAsync(string id) => GetAsync("/glue/user/" + Uri.EscapeDataString(id));

    public Task<Reply> PersonAsync(string email) => GetAsync("/glue/user/email/" + Uri.EscapeDataString(email));

    public Task<Reply> PostAsync(string path, string json) => PostAsync(path, Encoding.UTF8.GetBytes(json), "application/json");

    public async Task<Reply> PostAsync(string path, byte[] body, string? contentType)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = contentType is null ? null : MediaTypeHeaderValue.Parse(contentType);
        return await Reply.ReadAsync(await Client.PostAsync(Address(path), content));
    }

    public async Task<Reply> GetAsync(string path) => await Reply.ReadAsync(await Client.GetAsync(Address(path)));

    /// <summary>Sends a request with these headers, as they stand; a body is JSON unless they say otherwise.</summary>
    public async Task<Reply> SendAsync(string method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = Requests.Make(method, Address(path), body, headers);
        return await Reply.ReadAsync(await Client.SendAsync(request));
    }

    /// <summary>The first column of each row that a query on the file gives.</summary>
    public List<string> Query(string sql) => new DatabaseFile(DatabasePath).Query(sql);

    /// <summary>Holds the write lock of the file until it is disposed.</summary>
    public Task<SqliteTransaction> LockAsync() => new DatabaseFile(DatabasePath).LockAsync();

    /// <summary>Everything that is stored, for "nothing was stored".</summary>
    public string Contents() => string.Join('\n', Query(
        """
        SELECT json_array('u', glue_user_id, email, traits, attribution, first_seen, last_seen, identified, identified_at, last_synced, updated_at) FROM users
        UNION ALL SELECT json_array('e', event_id, glue_user_id, session_id, event, timestamp, properties, email, context) FROM events
        UNION ALL SELECT json_array('i', event_id, glue_user_id, kind, timestamp, email, traits) FROM identities
        UNION ALL SELECT json_array('s', glue_user_id, session_id, data, synced_at) FROM sessions
        """));

    /// <summary>The profiles that are not what their logs make of them.</summary>
    public IReadOnlyList<string> Differences() => Query(
        """
        SELECT json_object('user', u.glue_user_id, 'traits', u.traits, 'derived', d.traits, 'times', json_array(u.first_seen, d.first_seen, u.last_seen, d.last_seen),
          'e-mail', json_array(u.email, d.email, u.identified, d.identified, u.identified_at, d.identified_at),
          'touches', json_array(u.attribution, d.attribution, u.first_touch_key, d.first_touch_key, u.last_touch_key, d.last_touch_key))
        FROM users u JOIN derived_profiles d ON d.glue_user_id = u.glue_user_id
        WHERE u.logged = 1 AND (u.email, u.identified, u.identified_at, coalesce(u.traits, '{}'), u.first_seen, u.last_seen, u.attribution, u.first_touch_key, u.last_touch_key)
          IS NOT (d.email, d.identified, d.identified_at, d.traits, d.first_seen, d.last_seen, d.attribution, d.first_touch_key, d.last_touch_key)
        """);

    /// <summary>Everything that is stored, as far as it does not depend on the order in which it came.</summary>
    public IReadOnlyList<string> Journeys() =>
    [
        .. Query(
            """
            SELECT json_array('u', glue_user_id, email, traits, attribution, first_seen, last_seen, identified, identified_at, last_synced) FROM users
            UNION ALL SELECT json_array('e', event_id, glue_user_id, session_id, event, timestamp, properties, email, user_id, name, claim, context, touch, trusted, source, server_made, live_event_id, host, path, device, browser, os, country, bot) FROM events
            UNION ALL SELECT json_array('i', event_id, glue_user_id, kind, timestamp, email, user_id, name, claim, starts, traits, context, trusted, source) FROM identities
            UNION ALL SELECT json_array('s', glue_user_id, session_id, data, synced_at) FROM sessions
            """).Order(StringComparer.Ordinal),
    ];

    public void Dispose()
    {
        Client.Dispose();
        app.StopAsync().GetAwaiter().GetResult();
        app.DisposeAsync().AsTask().GetAwaiter().GetResult();
        folder.Dispose();
    }
}

/// <summary>Requests with headers of every kind.</summary>
internal static class Requests
{
    /// <summary>A request with these headers, as they stand; a body is JSON unless they say otherwise.</summary>
    public static HttpRequestMessage Make(string method, Uri address, string? body, (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), address);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        foreach (var (name, value) in headers)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value) || request.Content!.Headers.TryAddWithoutValidation(name, value), name);
        }

        return request;
    }
}

/// <summary>A reply, read whole.</summary>
public sealed record Reply(HttpStatusCode Status, string Body, HttpResponseMessage Message)
{
    // What nests as deep as a request may stands in the reply a few levels deeper.
    private static readonly System.Text.Json.JsonDocumentOptions Deep = new() { MaxDepth = 128 };

    public JsonNode Json => JsonNode.Parse(Body, nodeOptions: null, Deep)!;

    public string Error => (string)Json["error"]!;

    public static async Task<Reply> ReadAsync(HttpResponseMessage message) =>
        new(message.StatusCode, await message.Content.ReadAsStringAsync(), message);

    /// <summary>The value of a header, null when it is absent.</summary>
    public string? Header(string name) =>
        Message.Headers.TryGetValues(name, out var values) || Message.Content.Headers.TryGetValues(name, out values) ? string.Join(", ", values) : null;

    /// <summary>Checks that the reply is an error of exactly this status and sentence.</summary>
    public void IsError(HttpStatusCode status, string sentence)
    {
        Assert.Equal(status, Status);
        Assert.Equal("""{"success":false,"error":""" + JsonValue.Create(sentence)!.ToJsonString(Relaxed) + "}", Body);
        Assert.Equal("application/json; charset=utf-8", Message.Content.Headers.ContentType?.ToString());
    }

    /// <summary>Checks that an edge says that its home cannot be asked.</summary>
    public void IsUnavailable()
    {
        Assert.Equal(HttpStatusCode.ServiceUnavailable, Status);
        Assert.StartsWith("This edge takes writes, but its home, which answers this, cannot be asked at present. ", Error, StringComparison.Ordinal);
        Assert.NotNull(Header("Retry-After"));
    }

    public Reply IsOk()
    {
        Assert.True(Status == HttpStatusCode.OK, Body);
        return this;
    }

    private static JsonSerializerOptions Relaxed { get; } = new(ServerJson.Wire.Options) { TypeInfoResolver = ServerJson.Wire };
}

/// <summary>A folder that ends with the test.</summary>
public sealed class TempFolder : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("dataglue-test-");

    public string Path => folder.FullName;

    public string File(string name) => System.IO.Path.Combine(folder.FullName, name);

    public void Dispose() => folder.Delete(recursive: true);
}
