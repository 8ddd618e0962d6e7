using System.Net;
using System.Text.Json.Nodes;
using DataGlue.Edge.Tests.Support;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace DataGlue.Edge.Tests.OpenApi;

public sealed class OpenApiTests : IDisposable
{
    private static readonly Dictionary<string, string> Errors = new()
    {
        ["post /glue/identify"] = "400 401 403 408 409 413 415 429 500 503",
        ["post /glue/track"] = "400 401 403 408 409 413 415 429 500 503",
        ["post /glue/sync"] = "400 401 403 408 413 415 429 500 503",
        ["post /glue/batch"] = "400 401 403 408 413 415 429 500 503",
        ["get /glue/user/{glue_user_id}"] = "400 401 403 404 429 500 503",
        ["get /glue/user/account/{user_id}"] = "400 401 403 404 429 500 503",
        ["get /glue/user/email/{email}"] = "400 401 403 404 429 500 503",
        ["delete /glue/identifications/{event_id}"] = "400 401 403 404 429 500 503",
        ["delete /glue/user/{glue_user_id}"] = "400 401 403 404 429 500 503",
        ["delete /glue/user/account/{user_id}"] = "400 401 403 404 429 500 503",
        ["delete /glue/user/email/{email}"] = "400 401 403 404 429 500 503",
        ["post /glue/relay"] = "400 401 403 408 413 415 421 429 500 501 503 508",
        ["get /glue/outbox"] = "400 401 403 429 500 503",
        ["post /glue/outbox/aside/{id}/retry"] = "400 401 403 404 429 500 503",
        ["delete /glue/outbox/aside/{id}"] = "400 401 403 404 429 500 503",
        ["delete /glue/outbox/home"] = "401 403 404 429 500 503",
        ["get /glue/reports/overview"] = "400 401 403 429 500 503",
        ["get /glue/reports/funnel"] = "400 401 403 429 500 503",
        ["get /glue/reports/funnel/people"] = "400 401 403 429 500 503",
        ["get /glue/reports/attribution"] = "400 401 403 429 500 503",
        ["get /glue/reports/paths"] = "400 401 403 429 500 503",
        ["get /glue/reports/retention"] = "400 401 403 429 500 503",
        ["get /glue/reports/people"] = "400 401 403 429 500 503",
        ["get /glue/reports/events"] = "400 401 403 429 500 503",
        ["get /glue/reports/values"] = "400 401 403 429 500 503",
        ["get /glue/status"] = "400 401 403 429 500 503",
        ["get /glue/export"] = "400 401 403 429 500 503",
        ["get /glue/live"] = "400 401 403 429 500 503",
        ["get /healthz"] = "",
        ["get /readyz"] = "503",
        ["get /metrics"] = "401 403 429 500",
    };

    private const string Key = "0123456789abcdef";

    private readonly ServerApp app = new(("API_KEY", Key));

    public OpenApiTests() => app.Client.DefaultRequestHeaders.Add("x-api-key", Key);

    [Fact]
    public async Task Every_route_is_in_it_with_every_status_and_each_error_has_the_one_body()
    {
        var document = await ReadAsync();

        Assert.StartsWith("3.1.", (string?)document["openapi"], StringComparison.Ordinal);
        var operations = Operations(document).ToDictionary(operation => operation.Key, operation => operation.Value);
        Assert.Equal(Errors.Keys.Order(), operations.Keys.Order());
        foreach (var (name, operation) in operations)
        {
            var responses = operation["responses"]!.AsObject();
            var errors = responses.Where(response => response.Key != "200").ToArray();
            Assert.Equal(Errors[name], string.Join(' ', errors.Select(error => error.Key).Order()));
            Assert.NotNull(responses["200"]!["content"]);
            foreach (var (status, response) in errors)
            {
                var resolved = Resolve(response!, document);
                Assert.Equal("#/components/schemas/Error", (string?)resolved["content"]!["application/json"]!["schema"]!["$ref"]);
                Assert.Equal(status is "429" or "503", resolved["headers"]?["Retry-After"] is not null);
            }
        }
    }

    [Fact]
    public async Task Its_version_is_that_of_the_program() => Assert.Equal(Product.Version, (string?)(await ReadAsync())["info"]!["version"]);

    [Fact]
    public async Task Every_route_of_the_server_is_in_it()
    {
        var routes = app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().SelectMany(endpoint =>
            endpoint.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods.Where(method => method != "HEAD").Select(method => $"{method.ToLowerInvariant()} /{endpoint.RoutePattern.RawText!.TrimStart('/')}"));

        Assert.Equal(
            routes.Where(route => route != "get /openapi.json").Order(), Operations(await ReadAsync()).Select(operation => operation.Key).Order());
    }

    [Fact]
    public async Task Every_reference_leads_somewhere_and_every_schema_and_response_is_used()
    {
        var document = await ReadAsync();

        var referenced = References(document).Distinct().Order();

        var components = document["components"]!.AsObject().Where(part => part.Key is "schemas" or "responses" or "parameters");
        Assert.Equal(components.SelectMany(part => part.Value!.AsObject().Select(item => $"#/components/{part.Key}/{item.Key}")).Order(), referenced);
    }

    [Fact]
    public async Task Every_example_is_accepted_and_the_reply_is_as_its_schema_says()
    {
        var document = await ReadAsync();
        var tried = 0;
        foreach (var (name, operation) in Operations(document))
        {
            var (method, path) = (name.Split(' ')[0], name.Split(' ')[1]);
            foreach (var example in Examples(operation))
            {
                tried++;
                app.Query("INSERT OR REPLACE INTO outbox_aside (id, received, item, put_aside, reason) VALUES (1, '2024-01-01T00:00:00.000Z', '{}', '2024-01-01T00:00:00.000Z', '400: no')");
                app.Clock.Advance(TimeSpan.FromSeconds(1));
                await app.IdentifyAsync("""{"glue_user_id":"test-123","email":"test@example.com","event_id":"idn_1795632746294_rchieiha7"}""");
                await app.IdentifyAsync("""{"glue_user_id":"test-123","email":"test@example.com","user_id":"u-42"}""");
                await app.TrackAsync("""{"glue_user_id":"test-123","user_id":"u-42","event":"page_view"}""");
                if (name == "get /glue/live")
                {
                    // It never ends.
                    using var live = await app.Client.GetAsync(app.Address(path), HttpCompletionOption.ResponseHeadersRead);
                    Assert.Equal("text/event-stream", live.Content.Headers.ContentType?.MediaType);
                    continue;
                }

                var reply = await app.SendAsync(method.ToUpperInvariant(), Fill(path, operation, document), example?.ToJsonString());
                if (name == "delete /glue/outbox/home")
                {
                    // Of an edge, which this is not.
                    Assert.Equal(HttpStatusCode.NotFound, reply.Status);
                    continue;
                }

                reply.IsOk();
                if (operation["responses"]!["200"]!["content"]!["application/json"]?["schema"] is { } schema)
                {
                    Fits(reply.Json, schema, document, name);
                }
            }
        }

        Assert.True(tried >= 10, $"only {tried} examples");
    }

    [Theory]
    [InlineData("/glue/track", "glue_user_id", 255)]
    [InlineData("/glue/track", "session_id", 255)]
    [InlineData("/glue/track", "email", 255)]
    [InlineData("/glue/identify", "event_id", 255)]
    [InlineData("/glue/track", "event", 100)]
    [InlineData("/glue/track", "event_id", 255)]
    [InlineData("/glue/identify", "email", 255)]
    [InlineData("/glue/identify", "user_id", 255)]
    [InlineData("/glue/track", "user_id", 255)]
    [InlineData("/glue/identify", "glue_user_id", 255)]
    public async Task The_limits_in_it_are_those_of_the_server(string path, string field, int most)
    {
        var document = await ReadAsync();
        var schema = Resolve(document["paths"]![path]!["post"]!["requestBody"]!["content"]!["application/json"]!["schema"]!, document);
        Assert.Equal(most, (int)schema["properties"]![field]!["maxLength"]!);

        foreach (var (length, status) in new[] { (most, HttpStatusCode.OK), (most + 1, HttpStatusCode.BadRequest) })
        {
            var body = new JsonObject { ["glue_user_id"] = "a", ["event"] = "e", ["email"] = "a@example.com", [field] = (field == "email" ? "a@" : "aa") + new string('x', length - 2) };
            Assert.Equal(status, (await app.PostAsync(path, body.ToJsonString())).Status);
        }
    }

    [Theory]
    [InlineData("Batch", "batch", 1_000)]
    [InlineData("Relay", "items", 1_000)]
    public async Task The_lists_in_it_are_as_long_as_the_server_takes(string schema, string list, int most)
    {
        var described = (await ReadAsync())["components"]!["schemas"]![schema]!["properties"]![list]!;

        Assert.Equal(most, (int)described["maxItems"]!);
    }

    public void Dispose() => app.Dispose();

    private static IEnumerable<KeyValuePair<string, JsonNode>> Operations(JsonNode document) =>
        from path in document["paths"]!.AsObject()
        from operation in path.Value!.AsObject()
        select KeyValuePair.Create($"{operation.Key} {path.Key}", operation.Value!);

    // A read has one example: its parameters.
    private static IEnumerable<JsonNode?> Examples(JsonNode operation) =>
        operation["requestBody"]?["content"]!["application/json"]!["examples"]!.AsObject().Select(example => example.Value!["value"]) ?? [null];

    // A parameter that need not be there may be without an example.
    private static string Fill(string path, JsonNode operation, JsonNode document)
    {
        var query = new List<string>();
        foreach (var parameter in (operation["parameters"]?.AsArray() ?? []).Select(parameter => Resolve(parameter!, document)).Where(parameter => parameter["example"] is not null || parameter["required"] is not null))
        {
            var (name, value) = ((string)parameter["name"]!, Uri.EscapeDataString(parameter["example"]!.ToString()));
            path = path.Replace($"{{{name}}}", value, StringComparison.Ordinal);
            if ((string?)parameter["in"] == "query")
            {
                query.Add($"{name}={value}");
            }
        }

        return query.Count == 0 ? path : $"{path}?{string.Join('&', query)}";
    }

    private static JsonNode Resolve(JsonNode part, JsonNode document) => part["$ref"] is { } reference && ((string)reference!).Split('/') is [.., var kind, var name]
        ? document["components"]![kind]![name]!
        : part;

    // Every member that the schema requires is there, and each that is there is described and of its type.
    private static void Fits(JsonNode? value, JsonNode schema, JsonNode document, string where)
    {
        var resolved = Resolve(schema, document);
        var types = resolved["type"] is JsonArray several ? several.Select(type => (string)type!).ToArray() : [(string)resolved["type"]!];
        var kind = value?.GetValueKind().ToString() switch { null => "null", "True" or "False" => "boolean", "Number" => types.Contains("number") ? "number" : "integer", var name => name.ToLowerInvariant() };
        Assert.True(types.Contains(kind), $"{where} is {kind}, not {string.Join(" or ", types)}");
        if (value is JsonArray items)
        {
            Assert.All(items, item => Fits(item, resolved["items"]!, document, where + "[]"));
        }

        if (value is JsonObject members && resolved["properties"] is JsonObject described)
        {
            Assert.All(resolved["required"]?.AsArray() ?? [], name => Assert.True(members.ContainsKey((string)name!), $"{where}.{name} is missing"));
            foreach (var (name, member) in members.Where(member => described.ContainsKey(member.Key)))
            {
                Fits(member, described[name]!, document, $"{where}.{name}");
            }

            Assert.True(
                where.EndsWith("_touch", StringComparison.Ordinal) || members.All(member => described.ContainsKey(member.Key)),
                $"{where} has members that are not described: {members}");
        }
    }

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(member => member.Key == "$ref" ? [(string)member.Value!] : References(member.Value)),
        JsonArray items => items.SelectMany(References),
        _ => [],
    };

    private async Task<JsonNode> ReadAsync() => (await app.GetAsync("/openapi.json")).IsOk().Json;
}
