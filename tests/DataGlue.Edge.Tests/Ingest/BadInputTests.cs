using System.Net;
using System.Text;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Ingest;

/// <summary>What cannot be stored is refused with every fault named, stores nothing, and leaves the server well.</summary>
public sealed class BadInputTests : IDisposable
{
    private const string NotJson = "The body is not valid JSON, or nested deeper than 64 levels, at line 1, byte ";

    private const string BadTimestamp = "timestamp must be epoch milliseconds or an ISO 8601 date and time, from 1970 to 24 hours from now";

    private readonly ServerApp app = new();

    public static TheoryData<string, string> MalformedBodies => new()
    {
        { "", "The body is empty; it must be a JSON object" },
        { "{", NotJson + "2" },
        { """{"glue_user_id":"a",}""", NotJson + "21" },
        { """{"glue_user_id":'a'}""", NotJson + "17" },
        { """{"glue_user_id":"a","event":"e"} x""", NotJson + "34" },
        { """{"glue_user_id":"a","event":"e"}{}""", NotJson + "33" },
        { "[]", "The body must be a JSON object" },
        { "\"text\"", "The body must be a JSON object" },
        { "null", "The body must be a JSON object" },
        { "1", "The body must be a JSON object" },
        { "{\"glue_user_id\":\"a\u0001\",\"event\":\"e\"}", NotJson + "19" },
    };

    public static TheoryData<string, string> FaultyTracks => new()
    {
        { """{"glue_user_id":1,"event":"e"}""", "glue_user_id must be a string of 1 to 255 characters" },
        { """{"glue_user_id":"a","event":{"x":[1]}}""", "event must be a string of 1 to 100 characters" },
        { """{"glue_user_id":"a","event":"e","properties":[]}""", "properties must be an object" },
        { """{"glue_user_id":"a","event":"e","context":"c"}""", "context must be an object" },
        { """{"glue_user_id":"a","event":"e","session_id":""}""", "session_id must be 1 to 255 characters long" },
        { """{"glue_user_id":"a","event":"e","email":" "}""", "email must be 1 to 255 characters long" },
        { """{"glue_user_id":"a","event":"e","timestamp":true}""", BadTimestamp },
        { """{"glue_user_id":"a","event":"e","timestamp":1e999}""", BadTimestamp },
        { """{"glue_user_id":"a","event":"e","timestamp":99999999999999999999999999}""", BadTimestamp },
        { """{"glue_user_id":"a","event":"e","timestamp":-1}""", BadTimestamp },
        { """{"glue_user_id":"a","event":"e","timestamp":"yesterday"}""", BadTimestamp },
        { """{"glue_user_id":"a","event":"e","timestamp":"1704376800000"}""", BadTimestamp },
        { """{"glue_user_id":"a","event":"e","timestamp":"2024-02-30T00:00:00Z"}""", BadTimestamp },
        { """{"glue_user_id":"a","event":"e","timestamp":"1969-12-31T23:59:59.999Z"}""", BadTimestamp },
        { """{"glue_user_id":"a","event":"e","timestamp":"2024-06-02T12:00:00.001Z"}""", BadTimestamp },
        { """{"glue_user_id":"a","event":"e","properties":{"n":1e999}}""", "properties holds a number that is too large" },
        { """{"glue_user_id":"a\u0000","event":"e"}""", "glue_user_id holds a NUL character" },
        { """{"glue_user_id":"a","event":"e","properties":{"x":["\u0000"]}}""", "properties holds a NUL character" },
        { """{"glue_user_id":"a","event":"e","properties":{"\u0000":1}}""", "properties holds a NUL character" },
        { """{"glue_user_id":"a","event":"e","properties":{"x":"\ud800"}}""", "properties holds half of a surrogate pair" },
        { """{"glue_user_id":"\udc00","event":"e"}""", "glue_user_id holds half of a surrogate pair" },
        { """{"glue_user_id":"a","event":"e","\ud800aaaaaaaaaaaaaaaaaaa":1}""", "The body holds half of a surrogate pair" },
        { """{"\ud800":{"x":1},"glue_user_id":"a"}""", "glue_user_id and event are required; The body holds half of a surrogate pair" },
        { """{"glue_user_id":"a","event":"e","\u0000":1}""", "The body holds a NUL character" },
        { """{"glue_user_id":"a","event":"e","other":"\ud800"}""", "The body holds half of a surrogate pair" },
        { """{"glue_user_id":"a","glue_user_id":"b","event":"e"}""", "The key 'glue_user_id' stands twice" },
        { """{"glue_user_id":"a","event":"e","ev\u0065nt":"f"}""", "The key 'event' stands twice" },
        { """{"glue_user_id":"a","event":"e","properties":{"x":{"k":1,"k":1}}}""", "properties has the key 'k' twice" },
        {
            """{"glue_user_id":5,"event":[],"properties":1,"timestamp":"x","session_id":{},"event_id":""}""",
            "glue_user_id must be a string of 1 to 255 characters; event must be a string of 1 to 100 characters; properties must be an object; "
            + BadTimestamp + "; session_id must be a string of 1 to 255 characters; event_id must be 1 to 255 characters long"
        },
    };

    [Theory]
    [MemberData(nameof(MalformedBodies))]
    public Task A_body_that_is_no_json_object_is_a_400(string body, string sentence) => IsRefusedAsync(body, sentence);

    [Theory]
    [MemberData(nameof(FaultyTracks))]
    public Task Every_fault_of_a_body_is_named(string body, string sentence) => IsRefusedAsync(body, sentence);

    [Fact]
    public async Task Invalid_utf8_is_a_400()
    {
        byte[] body = [.. """{"glue_user_id":"a","event":"e"""u8, 0xC3, 0x28, .. "\"}"u8];

        var reply = await app.PostAsync("/glue/track", body, "application/json");

        reply.IsError(HttpStatusCode.BadRequest, "The body is not valid UTF-8");
        await NothingIsStoredAndTheNextIsServedAsync();
    }

    [Theory]
    [InlineData(63, true)]
    [InlineData(64, false)]
    [InlineData(100, false)]
    [InlineData(9_000, false)]
    public async Task A_body_may_nest_64_levels(int levels, bool accepted)
    {
        // The body itself is one level.
        var nested = string.Concat(Enumerable.Repeat("""{"a":""", levels)) + "1" + new string('}', levels);
        var reply = await app.PostAsync("/glue/track", $$"""{"glue_user_id":"a","event":"e","properties":{{nested}} }""");

        Assert.Equal(accepted ? HttpStatusCode.OK : HttpStatusCode.BadRequest, reply.Status);
        Assert.Equal(!accepted, reply.Body.Contains("nested deeper than 64 levels", StringComparison.Ordinal));
        Assert.Equal(!accepted, app.Contents().Length == 0);
    }

    [Fact]
    public async Task A_body_with_thousands_of_faults_names_the_first_twenty()
    {
        var sessions = string.Join(',', Enumerable.Repeat("1", 5_000));
        var reply = await app.SyncAsync("{\"glue_user_id\":\"a\",\"data\":{\"sessions\":[" + sessions + "]}}");

        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.StartsWith("data.sessions[0] must be an object; data.sessions[1] must be an object", reply.Error, StringComparison.Ordinal);
        Assert.EndsWith("; and 4980 more", reply.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_byte_order_mark_and_an_unescaped_exotic_key_are_no_faults()
    {
        byte[] body = [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes("""{"glue_user_id":"a","event":"e","properties":{"größe":"😀\ud83d\ude00"}}""")];

        (await app.PostAsync("/glue/track", body, "application/json")).IsOk();

        var properties = (await app.UserAsync("a")).Json["events"]![0]!["properties"]!;
        Assert.Equal("😀😀", (string?)properties["größe"]);
    }

    [Theory]
    [InlineData("/glue/identify", """{"glue_user_id":"a","email":7,"traits":"t"}""", "email must be a string of 1 to 255 characters; traits must be an object")]
    [InlineData("/glue/sync", """{"glue_user_id":"a","data":[]}""", "data must be an object")]
    [InlineData("/glue/sync", """{"glue_user_id":"a","synced_at":"soon","data":{"events":{},"sessions":7,"profile":[]}}""",
        "synced_at must be epoch milliseconds or an ISO 8601 date and time, from 1970 to 24 hours from now; data.events must be an array; "
        + "data.sessions must be an array; data.profile must be an object")]
    [InlineData("/glue/sync", """{"glue_user_id":"a","data":{"profile":{"email":1,"first_seen":"x","attribution":{"first_touch":[]}}}}""",
        "data.profile.email must be a string of 1 to 255 characters; data.profile.first_seen must be epoch milliseconds or an ISO 8601 date and time, "
        + "from 1970 to 24 hours from now; data.profile.attribution.first_touch must be an object")]
    [InlineData("/glue/sync", """{"glue_user_id":"a","data":{"sessions":[{"id":""},{"session_id":5}]}}""",
        "data.sessions[0] needs a session_id or id of 1 to 255 characters; data.sessions[1] needs a session_id or id of 1 to 255 characters")]
    [InlineData("/glue/sync", """{"glue_user_id":"a","data":{"\ud800":1,"profile":{"\udfff":1}}}""",
        "data holds half of a surrogate pair; data.profile holds half of a surrogate pair")]
    [InlineData("/glue/batch", """{"\ud800":[],"batch":[]}""", "The body holds half of a surrogate pair")]
    [InlineData("/glue/batch", "{}", "batch is required")]
    [InlineData("/glue/batch", """{"batch":{}}""", "batch must be an array")]
    public async Task The_other_verbs_name_their_faults_too(string path, string body, string sentence)
    {
        var reply = await app.PostAsync(path, body);

        reply.IsError(HttpStatusCode.BadRequest, sentence);
        await NothingIsStoredAndTheNextIsServedAsync();
    }

    public void Dispose() => app.Dispose();

    private async Task IsRefusedAsync(string body, string sentence)
    {
        var reply = await app.PostAsync("/glue/track", body);

        reply.IsError(HttpStatusCode.BadRequest, sentence);
        await NothingIsStoredAndTheNextIsServedAsync();
    }

    private async Task NothingIsStoredAndTheNextIsServedAsync()
    {
        Assert.Empty(app.Contents());
        (await app.TrackAsync("""{"glue_user_id":"next","event":"e"}""")).IsOk();
    }
}
