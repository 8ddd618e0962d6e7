using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Ingest;

public sealed class BatchTests : IDisposable
{
    private readonly ServerApp app = new();

    [Fact]
    public async Task Each_item_gets_its_result_in_order()
    {
        var reply = await app.BatchAsync(
            """
            {"batch":[
              {"event_id":"e1","glue_user_id":"a","event":"e","type":"track"},
              {"type":"track","event_id":"e1","glue_user_id":"a","event":"e"},
              {"type":"track","event_id":"e1","glue_user_id":"b","event":"e"},
              {"type":"identify","event_id":"i1","glue_user_id":"a","email":"a@example.com"},
              {"type":"identify","event_id":"i1","glue_user_id":"a","email":"a@example.com"},
              {"type":"identify","glue_user_id":"a"},
              {"type":"sync","glue_user_id":"a","synced_at":1704376800000,"data":{"sessions":[{"id":"s"}],"events":[{"event":"x","event_id":"e1"},{"event":"x","event_id":"e2"},{}]}},
              {"type":"page","glue_user_id":"a"}, {"glue_user_id":"a"}, [], {"type":"track","glue_user_id":"a","event":"e","event":"f"}
            ]}
            """);

        const string expected = """
            {"success":true,"results":[{"status":"stored","event_id":"e1"},{"status":"duplicate","event_id":"e1"},
            {"status":"rejected","error":"event_id belongs to another glue_user_id; give the event an id of its own"},
            {"status":"stored","event_id":"i1","new_user":true},{"status":"duplicate","event_id":"i1","new_user":false},
            {"status":"rejected","error":"glue_user_id and email are required; email (or user_id) is missing"},
            {"status":"stored","events_synced":2,"sessions_synced":1,"events_new":1,"events_duplicate":1,"events_rejected":[{"index":2,"error":"event is required"}]},
            {"status":"rejected","error":"type must be identify, track or sync"},{"status":"rejected","error":"type must be identify, track or sync"},
            {"status":"rejected","error":"An item must be an object"},{"status":"rejected","error":"The key 'event' appears twice"}]}
            """;
        Assert.Equal(expected.ReplaceLineEndings(""), reply.IsOk().Body);
    }

    [Fact]
    public async Task A_key_that_is_cut_or_escaped_is_a_key()
    {
        var reply = await app.BatchAsync(
            """
            {"batch":[{"\ud800":1,"type":"track","glue_user_id":"a","event":"e","event_id":"k"},{"ty\u0070e":"tr\u0061ck","glue_user_id":"a","event":"e","event_id":"1"},
              {"type":"sync","glue_user_id":"a","data":{"events":[{"event":"e","event_id":"2","\udc00":1}]}}]}
            """);

        const string expected = """
            {"success":true,"results":[{"status":"stored","event_id":"k"},{"status":"stored","event_id":"1"},
            {"status":"stored","events_synced":1,"sessions_synced":0,"events_new":1,"events_duplicate":0,"events_rejected":[]}]}
            """;
        Assert.Equal(expected.ReplaceLineEndings(""), reply.IsOk().Body);
    }

    [Fact]
    public async Task A_user_is_new_once_in_a_batch_even_when_identified_in_reverse()
    {
        var reply = await app.BatchAsync(
            """
            {"batch":[{"type":"sync","glue_user_id":"a","synced_at":1704376800900,"data":{"profile":{"plan":"x"}}},
              {"type":"identify","glue_user_id":"a","email":"a@example.com","timestamp":1704376800800},{"type":"identify","glue_user_id":"a","email":"a@example.com","timestamp":1704376800700}]}
            """);

        Assert.True((bool)reply.IsOk().Json["results"]![1]!["new_user"]!);
        Assert.False((bool)reply.Json["results"]![2]!["new_user"]!);
    }

    [Fact]
    public async Task An_item_sees_what_the_items_before_it_did()
    {
        var reply = await app.BatchAsync(
            """
            {"batch":[{"type":"identify","glue_user_id":"a","email":"a@example.com","traits":{"n":1}},
              {"type":"identify","glue_user_id":"a","email":"b@example.com","traits":{"m":2}}]}
            """);

        Assert.False((bool)reply.IsOk().Json["results"]![1]!["new_user"]!);
        Assert.Equal("""{"m":2,"n":1}""", (await app.UserAsync("a")).Json["user"]!["traits"]!.ToJsonString());
    }

    [Fact]
    public async Task Events_of_one_millisecond_without_ids_stay_in_the_order_in_which_they_came()
    {
        var names = Enumerable.Range(0, 1_000).Select(i => $"e{i}").ToArray();
        var items = names.Select(name => $$"""{"type":"track","glue_user_id":"a","event":"{{name}}"}""");

        await app.BatchAsync("{\"batch\":[" + string.Join(',', items) + "]}");

        Assert.Equal(names, (await app.UserAsync("a")).Json["events"]!.AsArray().Select(item => (string)item!["event"]!));
    }

    public void Dispose() => app.Dispose();
}
