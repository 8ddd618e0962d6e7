using DataGlue.Edge.Intake;
using DataGlue.Edge.Wire.Glue;
using DataGlue.Edge.Wire.Json;

namespace DataGlue.Edge.Tests.Wire;

/// <summary>An item that goes through an outbox comes out as it went in, with who said it.</summary>
public sealed class OutboxItemTests
{
    private const long Received = 1_717_243_200_000;

    public static TheoryData<bool, string, string> Sources => new()
    {
        { false, "page", "" },
        { true, "page", "\"trusted\":true," },
        { false, "page@fra", "\"source\":\"page@fra\"," },
        { true, "server", "\"trusted\":true,\"source\":\"server\"," },
        { true, "import:shop@fra", "\"trusted\":true,\"source\":\"import:shop@fra\"," },
    };

    public static TheoryData<string, string> Bodies => new()
    {
        { "track", """{"glue_user_id":"a","event":"e"}""" },
        { "track", """{"glue_user_id":1,"event":"\ud800","event_id":2,"session_id":3,"user_id":4,"email":"ü@ü","timestamp":"1970-01-01","properties":{"\u0000":1.50},"context":{"x":1},"more":[1]}""" },
        { "identify", """{"glue_user_id":"a","email":"a@example.com","traits":{"x":null},"context":{"y":1}}""" },
        { "identify", """{"glue_user_id":"a","user_id":5,"signature":"ab","event_id":"i","timestamp":200000000000,"more":1}""" },
        { "sync", """{"glue_user_id":"a","event_id":"y","synced_at":"1999-01-01","data":{"profile":{"email":"b@example.com","user_id":"u","plan":1,"traits":{"z":1},"first_seen":"1970-01-01","attribution":{"first_touch":{"gclid":"g","timestamp":"1970-01-01"}}},"sessions":[{"id":7,"t":"\ud83d"}],"events":[{"event":"e","user_id":"v","timestamp":"1970-01-01"},{"event":"f","event_id":9},{}],"more":2}}""" },
    };

    [Theory]
    [MemberData(nameof(Sources))]
    public void Who_said_it_stands_beside_the_item(bool trusted, string source, string written)
    {
        var item = Read("track", """{"glue_user_id":"a","event":"e","event_id":"own"}""", new Provenance(trusted, Utf8Text.From(source)));

        var text = OutboxItem.Write(item);

        Assert.Equal($$$"""{"type":"track","received":{{{Received}}},{{{written}}}"item":{"glue_user_id":"a","event":"e","event_id":"own"}}""", text.ToString());
        Assert.Equal(item.Provenance, OutboxItem.Read(text.Span).Item!.Provenance);
    }

    [Theory]
    [MemberData(nameof(Bodies))]
    public void An_item_comes_out_as_it_went_in(string type, string body)
    {
        var item = Read(type, body, Provenance.Server);

        var again = OutboxItem.Read(OutboxItem.Write(item).Span);

        Assert.Null(again.Error);
        Assert.Equal(OutboxItem.Write(item), OutboxItem.Write(again.Item!));
        Assert.Equal((item.GlueUserId, item.Received, item.Timestamp, item.EventId, item.Provenance),
            (again.Item!.GlueUserId, again.Item.Received, again.Item.Timestamp, again.Item.EventId, again.Item.Provenance));
        Assert.Empty(again.Item.Warnings);
        if (item is Identify identify)
        {
            var read = (Identify)again.Item;
            Assert.Equal((identify.Email, identify.UserId, identify.Signature), (read.Email, read.UserId, read.Signature));
        }

        if (item is Track track)
        {
            var read = (Track)again.Item;
            Assert.Equal((track.SessionId, track.Email, track.UserId, track.Properties.Hash), (read.SessionId, read.Email, read.UserId, read.Properties.Hash));
        }
    }

    private static Item Read(string type, string body, Provenance provenance)
    {
        var faults = new Faults();
        ReadItem read = default;
        JsonBody.Read(System.Text.Encoding.UTF8.GetBytes(body), faults, (ref reader) =>
        {
            read = ItemReader.Read(ref reader, type, new Receipt(Received, provenance, new ServerIds()));
            return faults;
        });
        Assert.Equal(("", null), (faults.ToString(), read.Error));
        return read.Item!;
    }
}
