using System.Net;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Ingest;

/// <summary>What real clients send is taken, not refused: empty fields, ids that are numbers, texts that were cut in the middle of a character.</summary>
public sealed class TakenValuesTests : IDisposable
{
    private readonly ServerApp app = new();

    public static TheoryData<string, string> Tracks => new()
    {
        { """ "glue_user_id":42,"event":"e" """, """["42",null,null,"e","{}",null]""" },
        { """ "glue_user_id":9007199254740993,"event":"e" """, """["9007199254740993",null,null,"e","{}",null]""" },
        { """ "glue_user_id":123456789012345678901234567890,"event":"e" """, """["123456789012345678901234567890",null,null,"e","{}",null]""" },
        { """ "glue_user_id":1e3,"event":"e","session_id":-5.50 """, """["1000","-5.5",null,"e","{}",null]""" },
        { """ "glue_user_id":1.0,"event":"e","session_id":0.0125e1 """, """["1","0.125",null,"e","{}",null]""" },
        { """ "glue_user_id":"a","event":"e","session_id":"","email":"","user_id":"","event_id":"","timestamp":"","properties":"","context":"" """, """["a",null,null,"e","{}",null]""" },
        { """ "glue_user_id":"a","event":"e","session_id":"  ","email":" \t ","user_id":" " """, """["a",null,null,"e","{}",null]""" },
        { """ "glue_user_id":" a ","event":"e","session_id":" s ","email":"\r\n a@example.com\t" """, """[" a "," s ","a@example.com","e","{}",null]""" },
        { """ "glue_user_id":"a","event":"Sale \ud83d" """, """["a",null,null,"Sale �","{}",null]""" },
        { """ "glue_user_id":"a","event":"\udc00e\u0000\n" """, """["a",null,null,"�e�\n","{}",null]""" },
        { """ "glue_user_id":"a","event":"e","properties":{"title":"Sale \ud83d","l":["\u0000",{"\udfff\ud800":"x\ud83d\ude00"}]} """, """["a",null,null,"e","{\"title\":\"Sale �\",\"l\":[\"�\",{\"��\":\"x😀\"}]}",null]""" },
        { """ "glue_user_id":"a","event":"e","properties":{"\"\\\/\b\f\n\r\té":"\u00e9\ud83d\ude00\uD83D\uDE00" } """, """["a",null,null,"e","{\"\\\"\\\\/\\b\\f\\n\\r\\té\":\"é😀😀\"}",null]""" },
        { """ "glue_user_id":"a","event":"e","context":{"page":{"title":"\ud83d\u0041"}} """, """["a",null,null,"e","{}","{\"page\":{\"title\":\"�A\"}}"]""" },
        { """ "glue_user_id":"a","event":"e","\ud800aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa":1,"\u0000":"\ud800","other":"\udc00" """, """["a",null,null,"e","{}",null]""" },
        { """ "glue\u005fuser_id":"\u0061","ev\u0065nt":"e","email":"\u0061@example.com" """, """["a",null,"a@example.com","e","{}",null]""" },
    };

    [Theory]
    [MemberData(nameof(Tracks))]
    public async Task An_event_is_taken(string members, string stored)
    {
        var reply = (await app.TrackAsync($"{{{members}}}")).IsOk();

        Assert.DoesNotContain("warnings", reply.Body, StringComparison.Ordinal);
        Assert.Equal([stored], app.Query("SELECT json_array(glue_user_id, session_id, email, event, properties, context) FROM events"));
        Assert.DoesNotContain(app.Query("SELECT event_id FROM events"), id => id.Length == 0);
    }

    [Fact]
    public async Task An_event_id_that_is_a_number_is_its_text()
    {
        Assert.Equal("1001", (string?)(await app.TrackAsync("""{"glue_user_id":"a","event":"e","event_id":1001}""")).IsOk().Json["event_id"]);
        Assert.True((bool)(await app.TrackAsync("""{"glue_user_id":"a","event":"e","event_id":"1001"}""")).IsOk().Json["duplicate"]!);
    }

    [Fact]
    public async Task Traits_that_were_cut_are_kept()
    {
        (await app.IdentifyAsync("""{"glue_user_id":7,"email":"a@example.com","event_id":"","timestamp":"","traits":{"bio":"x\ud83d","\u0000":"\u0000"}}""")).IsOk();

        Assert.Equal("x\uFFFD", (string?)(await app.UserAsync("7")).IsOk().Json["user"]!["traits"]!["bio"]);
        Assert.Equal("\uFFFD", (string?)(await app.UserAsync("7")).Json["user"]!["traits"]!["\uFFFD"]);
    }

    [Theory]
    [InlineData("""{"session_id":5,"id":"x"}""", "5")]
    [InlineData("""{"session_id":"","id":1.50}""", "1.5")]
    [InlineData("""{"session_id":null,"id":"x"}""", "x")]
    [InlineData("""{"session_id":{"x":1},"id":"x"}""", "x")]
    [InlineData("""{"session_id":"undefined","id":"x"}""", "x")]
    [InlineData("""{"title":"Sale \ud83d","\u0000":1,"id":"x"}""", "x")]
    [InlineData("""{"s\u0065ssion_id":"x"}""", "x")]
    public async Task A_session_is_taken(string session, string id)
    {
        var reply = (await app.SyncAsync($$"""{"glue_user_id":"a","data":{"sessions":[{{session}}]} }""")).IsOk();

        Assert.DoesNotContain("warnings", reply.Body, StringComparison.Ordinal);
        Assert.Equal(1, (int)reply.Json["sessions_synced"]!);
        Assert.Equal([id], app.Query("SELECT session_id FROM sessions"));
    }

    [Theory]
    [InlineData("/glue/identify", """{"glue_user_id":"a","user_id":42}""")]
    [InlineData("/glue/identify", """{"glue_user_id":"a","user_id":"42","email":""}""")]
    [InlineData("/glue/identify", """{"glue_user_id":"a","user_id":"","email":"a@example.com","signature":""}""")]
    public async Task An_identification_names_an_account_or_an_e_mail(string path, string body)
    {
        Assert.Equal("""{"success":true,"user_id":"a","new_user":true}""", (await app.PostAsync(path, body)).IsOk().Body);
        Assert.Single(app.Query("SELECT event_id FROM identities"));
    }

    [Theory]
    [InlineData("/glue/sync", """{"glue_user_id":"a","data":""}""", "glue_user_id and data are required; data is missing")]
    [InlineData("/glue/batch", """{"batch":""}""", """batch is required, as in {"batch": [...]}""")]
    [InlineData("/glue/track", """{"glue_user_id":"","event":""}""", "glue_user_id and event are required; glue_user_id and event are missing")]
    public async Task A_required_field_that_is_empty_is_missing(string path, string body, string sentence) =>
        (await app.PostAsync(path, body)).IsError(HttpStatusCode.BadRequest, sentence);

    public void Dispose() => app.Dispose();
}
