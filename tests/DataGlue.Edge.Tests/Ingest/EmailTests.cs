using System.Net;
using System.Text.Json.Nodes;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Ingest;

/// <summary>What is an e-mail, and which spellings are one.</summary>
public sealed class EmailTests : IDisposable
{
    private const string Form = "email must have one @ with something on both sides, and no blank";

    // Each line holds spellings of one e-mail, and no two lines one.
    private static readonly string[][] Spellings =
    [
        ["ann@example.com", "ANN@Example.COM", "ann@example.com.", "a\u200Bnn@example.com", "\uFEFFann@example.com", "ann@exam\u00ADple.com", "ann\u2060@example.com\u200E"],
        ["andré@example.com", "andre\u0301@example.com", "ANDRE\u0301@example.com", "ANDRÉ@EXAMPLE.com."],
        ["info@münchen.de", "info@mu\u0308nchen.de", "INFO@MÜNCHEN.DE", "info@xn--mnchen-3ya.de", "info@XN--MNCHEN-3YA.DE.", "info@münchen\u3002de"],
        ["a@shop.例え.jp", "a@shop.xn--r8jz45g.jp", "A@SHOP.XN--R8JZ45G.JP"],
        ["\u212Aelvin@example.com", "kelvin@example.com", "Kelvin@example.com"],
        ["\u0399\u0308@example.com", "ϊ@example.com"],
        ["ㄱ\uAC00@example.com", "ㄱ\u1100\u1161@example.com"],
        ["q\u0323\u0307@example.com", "q\u0307\u0323@example.com"],
        ["andre@example.com"],
        ["a.nn@example.com"],
        ["info@munchen.de"],
        ["x@xn--a-.de"],
    ];

    private readonly ServerApp app = new();

    public static TheoryData<string> Right => ["a@b", "a.b+c_d@e-f.g", "\"x\"@example.com", "ü@ü", "a@[127.0.0.1]", "😀@example.com", "a@localhost.", "a@-", "@a".Insert(0, "b")];

    public static TheoryData<string> Wrong => ["a", "@", "a@", "@b", "a@b@c", "a@@b", "a b@c", "a@b c", "a\u00A0b@c", "a\u3000@c", "a@.", "\u200B@b", "a@\u00AD", "a@\u200B.", "a, b@c"];

    [Theory]
    [MemberData(nameof(Right))]
    public async Task An_e_mail_has_one_at_sign_with_something_on_both_sides(string email)
    {
        (await app.IdentifyAsync(Body(email))).IsOk();

        Assert.Equal([email], app.Query("SELECT email FROM users"));
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task Anything_else_is_refused_where_it_is_required_and_left_out_where_it_is_not(string email)
    {
        (await app.IdentifyAsync(Body(email))).IsError(HttpStatusCode.BadRequest, Form);
        Assert.Empty(app.Contents());

        var tracked = await app.TrackAsync(new JsonObject { ["glue_user_id"] = "a", ["event"] = "e", ["email"] = email }.ToJsonString());
        var synced = await app.SyncAsync(new JsonObject { ["glue_user_id"] = "a", ["data"] = new JsonObject { ["profile"] = new JsonObject { ["email"] = email } } }.ToJsonString());
        Assert.Equal(Form + " (left out)", (string?)Assert.Single(tracked.IsOk().Json["warnings"]!.AsArray()));
        Assert.Equal($"data.profile.{Form} (left out)", (string?)Assert.Single(synced.IsOk().Json["warnings"]!.AsArray()));
        Assert.Empty(app.Query("SELECT email FROM users WHERE email IS NOT NULL UNION ALL SELECT email FROM events WHERE email IS NOT NULL"));
    }

    [Fact]
    public async Task Each_spelling_finds_all_who_have_sent_one_and_each_is_stored_as_it_was_sent()
    {
        foreach (var (line, spellings) in Spellings.Index())
        {
            foreach (var (i, email) in spellings.Index())
            {
                (await app.IdentifyAsync(Body($"  {email} ", $"{line}-{i}"))).IsOk();
                Assert.Equal(email, (string?)(await app.UserAsync($"{line}-{i}")).Json["user"]!["email"]);
            }
        }

        foreach (var (line, spellings) in Spellings.Index())
        {
            foreach (var email in spellings)
            {
                var person = (await app.PersonAsync(email)).IsOk().Json;
                Assert.Equal(
                    spellings.Select((_, i) => $"{line}-{i}"), person["users"]!.AsArray().Select(user => (string)user!["glue_user_id"]!).Order(StringComparer.Ordinal));
            }
        }
    }

    [Fact]
    public async Task Another_spelling_of_the_present_e_mail_is_no_new_one()
    {
        await app.IdentifyAsync("""{"glue_user_id":"a","email":"info@xn--mnchen-3ya.de","timestamp":"2024-05-01"}""");
        await app.IdentifyAsync("""{"glue_user_id":"a","email":"Info@MU\u0308NCHEN.de.","timestamp":"2024-05-02"}""");

        var user = (await app.UserAsync("a")).Json["user"]!;
        Assert.Equal("Info@MU\u0308NCHEN.de.", (string?)user["email"]);
        Assert.Equal("2024-05-01T00:00:00.000Z", (string?)user["identified_at"]);
    }

    public void Dispose() => app.Dispose();

    private static string Body(string email, string user = "a") => new JsonObject { ["glue_user_id"] = user, ["email"] = email }.ToJsonString();
}
