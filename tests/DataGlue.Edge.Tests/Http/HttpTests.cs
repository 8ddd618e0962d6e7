using System.Net;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Http;

public sealed class HttpTests : IDisposable
{
    private const string NoSuchPath =
        "No such path; post to /glue/identify, /glue/track, /glue/sync or /glue/batch, or get /glue/user/{glue_user_id} or /glue/user/email/{email}";

    private const string BadType = "Content-Type must be application/json or text/plain, in UTF-8, or absent";

    private readonly ServerApp app = new();

    [Theory]
    [InlineData("/")]
    [InlineData("/glue")]
    [InlineData("/glue/user")]
    [InlineData("/glue/user/a/b")]
    [InlineData("/glue/user/email/a/b")]
    [InlineData("/glue/users/a")]
    [InlineData("/nothing/at/all?x=1")]
    public async Task An_unknown_path_is_a_404(string path) =>
        (await app.GetAsync(path)).IsError(HttpStatusCode.NotFound, NoSuchPath);

    [Theory]
    [InlineData("GET", "/glue/track", "POST")]
    [InlineData("PUT", "/glue/identify", "POST")]
    [InlineData("DELETE", "/glue/sync", "POST")]
    [InlineData("GET", "/glue/batch/", "POST")]
    [InlineData("POST", "/glue/user/a", "GET")]
    [InlineData("DELETE", "/glue/user/email/a", "GET")]
    public async Task Another_method_is_a_405_that_says_which(string method, string path, string allowed)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), app.Address(path));

        var reply = await Reply.ReadAsync(await app.Client.SendAsync(request));

        reply.IsError(HttpStatusCode.MethodNotAllowed, $"Method not allowed; use {allowed}");
        Assert.Equal([allowed], reply.Message.Content.Headers.Allow);
    }

    [Theory]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("application/xml")]
    [InlineData("application/json; charset=iso-8859-1")]
    [InlineData("text/html")]
    public async Task Another_content_type_is_a_415(string type) =>
        (await app.PostAsync("/glue/track", """{"glue_user_id":"a","event":"e"}"""u8.ToArray(), type)).IsError(
            HttpStatusCode.UnsupportedMediaType, BadType);

    [Fact]
    public async Task A_content_type_that_is_none_is_a_415()
    {
        using var content = new ByteArrayContent("{}"u8.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", "json");

        (await Reply.ReadAsync(await app.Client.PostAsync(app.Address("/glue/track"), content)))
            .IsError(HttpStatusCode.UnsupportedMediaType, BadType);
    }

    [Theory]
    [InlineData("//glue/track")]
    [InlineData("/glue/track/")]
    [InlineData("///glue//track//")]
    [InlineData("/gl%75e/track")]
    public async Task Slashes_too_many_do_no_harm(string path) =>
        (await app.PostAsync(path, """{"glue_user_id":"a","event":"e"}""")).IsOk();

    [Theory]
    [InlineData("with/slash", "with%2Fslash")]
    [InlineData("with%percent", "with%25percent")]
    [InlineData("%2F", "%252F")]
    [InlineData("~25", "~25")]
    [InlineData("%41", "%2541")]
    [InlineData("a b+c", "a%20b+c")]
    [InlineData("ключ-😀", "%D0%BA%D0%BB%D1%8E%D1%87-%F0%9F%98%80")]
    [InlineData("email", "email")]
    [InlineData("email/x", "email%2Fx")]
    [InlineData("?#&=;", "%3F%23%26%3D%3B")]
    [InlineData("a//b", "a%2F%2Fb")]
    [InlineData("/", "%2F")]
    [InlineData("..", "%2E%2E")]
    [InlineData("..", "..")]
    [InlineData(".", ".")]
    [InlineData("../..", "%2E%2E%2F%2e%2e")]
    [InlineData("\"'\\", "%22'%5C")]
    public async Task An_id_in_a_path_may_hold_any_character(string id, string encoded)
    {
        var body = new System.Text.Json.Nodes.JsonObject { ["glue_user_id"] = id, ["event"] = "e" };
        (await app.TrackAsync(body.ToJsonString())).IsOk();

        foreach (var path in new[] { $"/glue/user/{encoded}", $"//glue/user/{encoded}/" })
        {
            Assert.Equal(id, (string?)(await app.GetAsync(path)).IsOk().Json["user"]!["glue_user_id"]);
        }
    }

    public void Dispose() => app.Dispose();
}
