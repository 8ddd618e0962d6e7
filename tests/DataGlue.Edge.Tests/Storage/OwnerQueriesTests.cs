using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Storage;

/// <summary>The questions of sql/queries, asked with the sqlite3 program while the server runs.</summary>
public sealed class OwnerQueriesTests : IDisposable
{
    private readonly ServerApp app = new();

    [Theory]
    [InlineData("journey.sql", "2024-01-04T14:00:00.000Z|page_view|s1|{\"url\":\"/a\"}\n2024-01-04T14:00:02.000Z|purchase||{}")]
    [InlineData("funnel.sql", "page_view|3|2\npurchase|1|1")]
    [InlineData("attribution.sql", "google|2|1\n|1|0")]
    public async Task A_ready_question_gets_its_answer(string file, string answer)
    {
        Sqlite3.SkipWithout();
        await app.IdentifyAsync("""{"glue_user_id":"a","email":"A@example.com","context":{"utm_source":"google"}}""");
        await app.TrackAsync("""{"glue_user_id":"a","event":"purchase","timestamp":1704376802000}""");
        await app.TrackAsync("""{"glue_user_id":"a","event":"page_view","timestamp":1704376800000,"session_id":"s1","properties":{"url":"/a"}}""");
        await app.TrackAsync("""{"glue_user_id":"b","event":"page_view","properties":{"url":"/b?utm_source=google"}}""");
        await app.TrackAsync("""{"glue_user_id":"b","event":"page_view"}""");
        await app.TrackAsync("""{"glue_user_id":"c","event":"scroll"}""");

        var query = await File.ReadAllTextAsync(Path.Combine(NativeBinary.Root, "sql", "queries", file));

        Assert.Equal(answer, Sqlite3.Run(app.DatabasePath, ".parameter set :email 'a@example.com'\n" + query));
    }

    // Ann comes by an advertisement, looks at the prices, sends a form on her phone, fills a cart and buys later; Bob fills a cart; Carl looks once.
    [Theory]
    [InlineData("almost_bought.sql", "email:bob@example.com|2024-05-30T10:00:00.000Z|")]
    [InlineData("attribution.sql", "|2|1\ngoogle|1|1")]
    [InlineData("cohorts.sql", "2024-05-13|1|1|0|0|0\n2024-05-27|2|0|0|0|0")]
    [InlineData("devices.sql", "||||4|8\n")]
    [InlineData("entry_pages.sql", "shop.example/|3|1")]
    [InlineData("funnel.sql", "page_view|4|3\nform_submit|1|1\npurchase|1|1")]
    [InlineData("funnel_in_order.sql", "page_view|3\nform_submit|1\npurchase|1")]
    [InlineData("journey.sql", "2024-05-18T10:00:00.000Z|page_view|s1|{\"url\":\"https://shop.example/?utm_source=google\"}\n2024-05-18T10:01:00.000Z|page_view|s1|{\"url\":\"https://shop.example/pricing\"}\n2024-05-26T10:00:00.000Z|form_submit|s2|{}\n2024-05-26T10:01:00.000Z|add_to_cart|s2|{}\n2024-05-26T11:00:00.000Z|purchase|s1|{}")]
    [InlineData("pages.sql", "shop.example/|3|3\nshop.example/pricing|1|1")]
    [InlineData("people.sql", "browser:carl|1|2024-05-31T10:00:00.000Z|2024-05-31T10:00:00.000Z|1||\nemail:bob@example.com|1|2024-05-29T10:00:00.000Z|2024-05-30T10:00:00.000Z|2||\nemail:ann@example.com|2|2024-05-18T10:00:00.000Z|2024-05-26T11:00:00.000Z|5|google|google")]
    [InlineData("time_to_convert.sql", "7 to 30 days|1")]
    public async Task A_question_about_people_gets_its_answer(string file, string answer)
    {
        Sqlite3.SkipWithout();
        await TrackAsync("laptop", "page_view", "2024-05-18T10:00:00Z", "s1", "/?utm_source=google");
        await TrackAsync("laptop", "page_view", "2024-05-18T10:01:00Z", "s1", "/pricing");
        await IdentifyAsync("laptop", "ann@example.com", "2024-05-18T10:01:00Z");
        await IdentifyAsync("phone", "ann@example.com", "2024-05-26T10:00:00Z");
        await TrackAsync("phone", "form_submit", "2024-05-26T10:00:00Z", "s2");
        await TrackAsync("phone", "add_to_cart", "2024-05-26T10:01:00Z", "s2");
        await TrackAsync("laptop", "purchase", "2024-05-26T11:00:00Z", "s1");
        await TrackAsync("bob", "page_view", "2024-05-29T10:00:00Z", "b1", "/");
        await TrackAsync("bob", "add_to_cart", "2024-05-30T10:00:00Z", "b2");
        await IdentifyAsync("bob", "bob@example.com", "2024-05-30T10:00:00Z");
        await TrackAsync("carl", "page_view", "2024-05-31T10:00:00Z", "c1", "/");
        var query = await File.ReadAllTextAsync(Path.Combine(NativeBinary.Root, "sql", "queries", file));

        Assert.Equal(answer.TrimEnd('\n'), Sqlite3.Run(app.DatabasePath, ".parameter set :email 'Ann@example.com'\n" + query));
    }

    // The program's own clock tells what is now.
    [Theory]
    [InlineData("sources.sql", "google|1|1")]
    [InlineData("weeks.sql", "last 7 days|1|1|1|2")]
    public async Task A_question_about_the_present_gets_its_answer(string file, string answer)
    {
        Sqlite3.SkipWithout();
        app.Clock.SetUtcNow(TimeProvider.System.GetUtcNow().AddHours(-1));
        await app.TrackAsync("""{"glue_user_id":"a","event":"page_view","session_id":"s","properties":{"url":"https://shop.example/?utm_source=google"}}""");
        await app.TrackAsync("""{"glue_user_id":"a","event":"purchase","session_id":"s"}""");
        var query = await File.ReadAllTextAsync(Path.Combine(NativeBinary.Root, "sql", "queries", file));

        Assert.Equal(answer, Sqlite3.Run(app.DatabasePath, query));
    }

    [Fact]
    public void Every_question_has_a_case()
    {
        var cases = new[] { nameof(A_question_about_people_gets_its_answer), nameof(A_question_about_the_present_gets_its_answer) }
            .SelectMany(test => typeof(OwnerQueriesTests).GetMethod(test)!.GetCustomAttributes(typeof(InlineDataAttribute), false)).Cast<InlineDataAttribute>();

        Assert.Equal(
            Directory.GetFiles(Path.Combine(NativeBinary.Root, "sql", "queries")).Select(Path.GetFileName).Order(StringComparer.Ordinal),
            cases.Select(data => (string)data.Data[0]!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_sqlite_inside_does_not_lose_pages_when_a_checkpoint_meets_a_write() =>
        Assert.InRange(Version.Parse(Assert.Single(app.Query("SELECT sqlite_version()"))), new Version(3, 51, 3), new Version(3, 999));

    public void Dispose() => app.Dispose();

    private Task<Reply> TrackAsync(string user, string name, string time, string session, string? path = null) => app.TrackAsync(
        $$"""{"glue_user_id":"{{user}}","event":"{{name}}","timestamp":"{{time}}","session_id":"{{session}}","properties":{{(path is null ? "{}" : $"{{\"url\":\"https://shop.example{path}\"}}")}} }""");

    private Task<Reply> IdentifyAsync(string user, string email, string time) => app.IdentifyAsync($$"""{"glue_user_id":"{{user}}","email":"{{email}}","timestamp":"{{time}}"}""");
}
