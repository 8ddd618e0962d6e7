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

    [Fact]
    public void The_sqlite_inside_does_not_lose_pages_when_a_checkpoint_meets_a_write() =>
        Assert.InRange(Version.Parse(Assert.Single(app.Query("SELECT sqlite_version()"))), new Version(3, 51, 3), new Version(3, 999));

    public void Dispose() => app.Dispose();
}
