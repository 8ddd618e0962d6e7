using System.Net;
using System.Text;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Ingest;

/// <summary>What cannot be stored is refused with every fault named, stores nothing, and leaves the server well.</summary>
public sealed class BadInputTests : IDisposable
{
    private const string NotJson = "The body is not valid JSON, at line 1, byte ";

    private const string BadTimestamp = "timestamp must be epoch milliseconds or an ISO 8601 date and time, from 1970 to 24 hours from now";

    private const string Seconds = "timestamp is a number below 100,000,000,000: is it in seconds? It must be in milliseconds since 1970";

    private const string Control = " must not hold a control character or half of a surrogate pair";

    private readonly ServerApp app = new();

    public static TheoryData<string, string> MalformedBodies => new()
    {
        { "", "The body is empty; it must be a JSON object" },
        { "{", NotJson + "2" },
        { """{"glue_user_id":"a",}""", NotJson + "21" },
        { """{"glue_user_id":'a'}""", NotJson + "17" },
        { """{"glue_user_id":"a","event":"e"} x""", NotJson + "34" },
        { """{"glue_user_id":"a","event":"e"}{}""", NotJson + "33" },
        { "[]", """The body must be a JSON object; POST /glue/batch takes several at once, as {"batch": [...]}""" },
        { "\"text\"", "The body must be a JSON object, and is a string; it may have been made JSON twice" },
        { "null", "The body must be a JSON object" },
        { "1", "The body must be a JSON object" },
        { "{\"glue_user_id\":\"a\u0001\",\"event\":\"e\"}", NotJson + "19" },
    };

    public static TheoryData<string, string> FaultyTracks => new()
    {
        { """{"glue_user_id":true,"event":"e"}""", "glue_user_id must be a string of 1 to 255 characters, or a number" },
        { """{"glue_user_id":[1],"event":"e"}""", "glue_user_id must be a string of 1 to 255 characters, or a number" },
        { """{"glue_user_id":1e255,"event":"e"}""", "glue_user_id must be 1 to 255 characters long" },
        { """{"glue_user_id":"a","event":404}""", "event must be a string of 1 to 100 characters" },
        { """{"glue_user_id":"a"}""", "glue_user_id and event are required; event is missing" },
        { """{"event":"e"}""", "glue_user_id and event are required; glue_user_id is missing" },
        { """{"glueUserId":"a","Event":"e"}""", "glue_user_id and event are required; glue_user_id (not glueUserId) and event (not Event) are missing" },
        { """{"glue_user_id":"a","event":{"x":[1]}}""", "event must be a string of 1 to 100 characters" },
        { """{"glue_user_id":"a","event":"e","properties":[]}""", "properties must be an object" },
        { """{"glue_user_id":"a","event":"e","context":"c"}""", "context must be an object" },
        { """{"glue_user_id":"a","event":"e","timestamp":true}""", BadTimestamp },
        { """{"glue_user_id":"a","event":"e","timestamp":1e999}""", BadTimestamp },
        { """{"glue_user_id":"a","event":"e","timestamp":99999999999999999999999999}""", BadTimestamp },
        { """{"glue_user_id":"a","event":"e","timestamp":-1}""", BadTimestamp },
        { """{"glue_user_id":"a","event":"e","timestamp":"yesterday"}""", BadTimestamp },
        { """{"glue_user_id":"a","event":"e","timestamp":"-1704376800000"}""", BadTimestamp },
        { """{"glue_user_id":"a","event":"e","timestamp":"99999999999999999999999999"}""", BadTimestamp },
        { """{"glue_user_id":"a","event":"e","timestamp":0}""", Seconds },
        { """{"glue_user_id":"a","event":"e","timestamp":1704376800}""", Seconds },
        { """{"glue_user_id":"a","event":"e","timestamp":99999999999.9}""", Seconds },
        { """{"glue_user_id":"a","event":"e","timestamp":"1704376800"}""", Seconds },
        { """{"glue_user_id":"a","event":"e","timestamp":"20240104"}""", Seconds },
        { """{"glue_user_id":"a","event":"e","timestamp":"2024-02-30T00:00:00Z"}""", BadTimestamp },
        { """{"glue_user_id":"a","event":"e","timestamp":"1969-12-31T23:59:59.999Z"}""", BadTimestamp },
        { """{"glue_user_id":"a","event":"e","timestamp":"2024-06-02T12:00:00.001Z"}""", BadTimestamp },
        { """{"glue_user_id":"a","event":"e","properties":{"n":1e999}}""", "properties holds a number that is too large" },
        { """{"glue_user_id":"a\u0000","event":"e"}""", "glue_user_id" + Control },
        { """{"glue_user_id":"\udc00","event":"e"}""", "glue_user_id" + Control },
        { """{"glue_user_id":"a\nb","event":"e"}""", "glue_user_id" + Control },
        { "{\"glue_user_id\":\"a\u007f\",\"event\":\"e\"}", "glue_user_id" + Control },
        { "{\"glue_user_id\":\"a\u0085b\",\"event\":\"e\"}", "glue_user_id" + Control },
        { """{"glue_user_id":"a","event":"e","session_id":"\ud83d","event_id":"\u001f"}""", $"session_id{Control}; event_id{Control}" },
        { """{"glue_user_id":"a","event":"e","user_id":"a\tb","email":"a\u0000@example.com"}""", $"user_id{Control}; email{Control}" },
        { """{"glue_user_id":"a","event":"e","properties":{"\ud800":1,"\udfff":2}}""", "properties has the key '\uFFFD' twice" },
        { """{"glue_user_id":"a","event":"e","\ud800":1,"\u0000":2}""", "The key '\uFFFD' appears twice" },
        { """{"glue_user_id":"a","glue_user_id":"b","event":"e"}""", "The key 'glue_user_id' appears twice" },
        { """{"glue_user_id":"a","event":"e","ev\u0065nt":"f"}""", "The key 'event' appears twice" },
        { """{"glue_user_id":"a","event":"e","properties":{"x":{"k":1,"k":1}}}""", "properties has the key 'k' twice" },
        {
            """{"glue_user_id":false,"event":[],"properties":1,"timestamp":"x","session_id":{},"event_id":[""]}""",
            "glue_user_id must be a string of 1 to 255 characters, or a number; event must be a string of 1 to 100 characters; properties must be an object; "
            + BadTimestamp + "; session_id must be a string of 1 to 255 characters, or a number; event_id must be a string of 1 to 255 characters, or a number"
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
        var keys = string.Join(',', Enumerable.Range(0, 2_000).Select(i => $"\"k{i}\":1,\"k{i}\":1"));
        var reply = await app.TrackAsync("{\"glue_user_id\":\"a\",\"event\":\"e\"," + keys + "}");

        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.StartsWith("The key 'k0' appears twice; The key 'k1' appears twice", reply.Error, StringComparison.Ordinal);
        Assert.EndsWith("; and 1980 more", reply.Error, StringComparison.Ordinal);
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
    [InlineData("/glue/identify", """{"glue_user_id":"a","email":{"x":1},"traits":"t"}""",
        "traits must be an object; email must be a string of 1 to 255 characters, or a number")]
    [InlineData("/glue/identify", """{"glue_user_id":"a","user_id":7,"email":[]}""", "email must be a string of 1 to 255 characters, or a number")]
    [InlineData("/glue/identify", """{"glue_user_id":"a","email":"a@example.com","signature":5}""", "signature must be a string of 1 to 255 characters")]
    [InlineData("/glue/sync", """{"glue_user_id":"a","data":[]}""", "data must be an object")]
    [InlineData("/glue/sync", """{"glue_user_id":"a","data":"x"}""", "data must be an object")]
    [InlineData("/glue/sync", """{"glue_user_id":"a","events":[],"sessions":[]}""",
        "glue_user_id and data are required; data is missing; events belongs inside data")]
    [InlineData("/glue/sync", """{"glueUserId":"a","Data":{}}""", "glue_user_id and data are required; glue_user_id (not glueUserId) and data (not Data) are missing")]
    [InlineData("/glue/sync", """{"glue_user_id":"a","event_id":"\u0000","data":{}}""", "event_id must not hold a control character or half of a surrogate pair")]
    [InlineData("/glue/batch", "{}", """batch is required, as in {"batch": [...]}""")]
    [InlineData("/glue/batch", """{"events":[]}""", """batch is required, as in {"batch": [...]}""")]
    [InlineData("/glue/batch", """[{"type":"track"}]""", """The body must be a JSON object; POST /glue/batch takes several at once, as {"batch": [...]}""")]
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
