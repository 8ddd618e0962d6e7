using System.Net;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Ingest;

/// <summary>Values that stand for nobody would make strangers one person: refused where the field is required, left out where it is not.</summary>
public sealed class NobodyTests : IDisposable
{
    private static readonly string[] Nobodies =
    [
        "0", "-1", "-0.0", "0e5", "\"0\"", "\"-1\"", "\"null\"", "\"NULL\"", "\"undefined\"", "\" Undefined \"", "\"NaN\"", "\"nan\"", "\"anonymous\"", "\"Guest\"",
        "\"none\"", "\"[object Object]\"", "\"\\u0075ndefined\"",
    ];

    private static readonly string[] Somebodies = ["1", "-2", "\"00\"", "\"nobody\"", "\"guests\"", "\"undefined1\"", "\"null null\"", "\"[object Array]\""];

    private readonly ServerApp app = new();

    [Theory]
    [InlineData("/glue/track", """{"glue_user_id":VALUE,"event":"e"}""", "glue_user_id")]
    [InlineData("/glue/identify", """{"glue_user_id":VALUE,"email":"a@example.com"}""", "glue_user_id")]
    [InlineData("/glue/identify", """{"glue_user_id":"a","email":VALUE}""", "email")]
    [InlineData("/glue/identify", """{"glue_user_id":"a","user_id":VALUE}""", "user_id")]
    [InlineData("/glue/sync", """{"glue_user_id":VALUE,"data":{}}""", "glue_user_id")]
    public async Task A_required_field_is_refused(string path, string body, string field)
    {
        foreach (var value in Nobodies)
        {
            var reply = await app.PostAsync(path, body.Replace("VALUE", value, StringComparison.Ordinal));

            Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
            Assert.Matches($"^{field} '.+' stands for nobody$", reply.Error);
        }

        Assert.Empty(app.Contents());
    }

    [Theory]
    [InlineData("/glue/track", """{"glue_user_id":"a","event":"e","session_id":VALUE}""", "session_id")]
    [InlineData("/glue/track", """{"glue_user_id":"a","event":"e","event_id":VALUE}""", "event_id")]
    [InlineData("/glue/track", """{"glue_user_id":"a","event":"e","email":VALUE}""", "email")]
    [InlineData("/glue/track", """{"glue_user_id":"a","event":"e","user_id":VALUE}""", "user_id")]
    [InlineData("/glue/identify", """{"glue_user_id":"a","email":"a@example.com","user_id":VALUE}""", "user_id")]
    [InlineData("/glue/identify", """{"glue_user_id":"a","email":VALUE,"user_id":"u"}""", "email")]
    [InlineData("/glue/identify", """{"glue_user_id":"a","email":"a@example.com","event_id":VALUE}""", "event_id")]
    [InlineData("/glue/sync", """{"glue_user_id":"a","event_id":VALUE,"data":{}}""", "event_id")]
    [InlineData("/glue/sync", """{"glue_user_id":"a","data":{"profile":{"email":VALUE}}}""", "data.profile.email")]
    [InlineData("/glue/sync", """{"glue_user_id":"a","data":{"profile":{"user_id":VALUE}}}""", "data.profile.user_id")]
    [InlineData("/glue/sync", """{"glue_user_id":"a","data":{"events":[{"event":"e","session_id":VALUE}]}}""", "data.events[0].session_id")]
    [InlineData("/glue/sync", """{"glue_user_id":"a","data":{"events":[{"event":"e"},{"event":"e","glue_user_id":VALUE}]}}""", "data.events[1].glue_user_id")]
    [InlineData("/glue/batch", """{"batch":[{"type":"track","glue_user_id":"a","event":"e","event_id":VALUE}]}""", "event_id")]
    public async Task An_optional_field_is_left_out_with_a_warning(string path, string body, string field)
    {
        foreach (var value in Nobodies)
        {
            var reply = (await app.PostAsync(path, body.Replace("VALUE", value, StringComparison.Ordinal))).IsOk().Json;

            var warnings = (reply["results"]?[0] ?? reply)["warnings"]!.AsArray();
            Assert.Matches($"^{System.Text.RegularExpressions.Regex.Escape(field)} '.+' stands for nobody \\(left out\\)$", (string)Assert.Single(warnings)!);
        }

        Assert.Empty(app.Query("SELECT 1 FROM events WHERE session_id IS NOT NULL OR email IS NOT NULL OR event_id NOT LIKE 'evt_%' OR glue_user_id <> 'a'"));
        Assert.Empty(app.Query("SELECT 1 FROM identities WHERE event_id NOT LIKE 'idn_%' OR email <> 'a@example.com'"));
        Assert.Equal(["a"], app.Query("SELECT glue_user_id FROM users"));
    }

    [Fact]
    public async Task A_name_that_only_looks_like_one_is_somebody()
    {
        foreach (var value in Somebodies)
        {
            var body = $$"""{"glue_user_id":{{value}},"event":"e","session_id":{{value}},"event_id":{{value}},"user_id":{{value}} }""";
            Assert.DoesNotContain("warnings", (await app.TrackAsync(body)).IsOk().Body, StringComparison.Ordinal);
        }

        Assert.Equal(Somebodies.Length, app.Query("SELECT DISTINCT glue_user_id FROM users").Count);
    }

    [Fact]
    public async Task Every_warning_of_a_write_is_told()
    {
        var reply = await app.TrackAsync("""{"glue_user_id":"a","event":"e","event_id":"x","session_id":"null","email":"a","user_id":0}""");

        const string expected = """
            {"success":true,"event_id":"x","warnings":["session_id 'null' stands for nobody (left out)",
            "email must have one @ with something on both sides, and no blank (left out)",
            "user_id '0' stands for nobody (left out)"]}
            """;
        Assert.Equal(expected.ReplaceLineEndings(""), reply.IsOk().Body);
    }

    public void Dispose() => app.Dispose();
}
