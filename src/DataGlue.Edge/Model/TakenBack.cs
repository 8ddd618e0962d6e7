using System.Collections.Concurrent;
using Dapper;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Model;

/// <summary>The identifications that the owner has taken back. A browser still knows whom it named, and syncs it again: that is a claim, until it identifies anew.</summary>
internal sealed class TakenBack(Database database, WriteQueue queue, TimeProvider clock)
{
    // The browsers that have some; nearly none has. All others need no look into the database.
    private readonly Lazy<ConcurrentDictionary<string, bool>> browsers = new(() => new(Browsers(database).Select(user => KeyValuePair.Create(user, true))));

    /// <summary>Whether that a synced profile names somebody is only a claim.</summary>
    public bool IsClaim(Utf8Text browser, Utf8Text account, Utf8Text email)
    {
        var user = browser.ToString();
        var key = Intake.EmailKey.Of(email);
        if (!HasSome(browser) || PersonName.Of(account, key) is not { IsPresent: true } person)
        {
            return false;
        }

        var values = new { user, name = person.ToString(), email = key.Decode() };
        return database.Read(connection => connection.ExecuteScalar<bool>(SqlFile.Read("read/is_taken_back"), values));
    }

    /// <summary>Whether something of a browser was ever taken back.</summary>
    public bool HasSome(Utf8Text browser) => browsers.Value.ContainsKey(browser.ToString());

    /// <summary>The identifications that an id names, of one browser or of all.</summary>
    public List<TakenRow> Find(string eventId, string? user) =>
        database.Read<List<TakenRow>>(connection => [.. connection.Query<TakenRow>(SqlFile.Read("read/identifications_of_id"), new { eventId, user })]);

    private static List<string> Browsers(Database database) => database.Read<List<string>>(connection => [.. connection.Query<string>(SqlFile.Read("read/taken_back"))]);

    /// <summary>Takes identifications back. One that was taken back already stays so. Returns whether the rules of the database's owner allow it.</summary>
    /// <exception cref="StorageUnavailableException">The database takes no writes.</exception>
    public async Task<bool> TryTakeAsync(string eventId, IReadOnlyList<TakenRow> rows)
    {
        foreach (var row in rows)
        {
            browsers.Value.TryAdd(row.GlueUserId, true);
        }

        var writes = rows.Select(row => new TakeBackWrite(row, eventId, Instants.Now(clock))).ToList();
        await queue.SubmitAsync(writes);
        return !writes.Exists(write => write.IsRefused);
    }
}

/// <summary>An identification that is to be taken back.</summary>
internal sealed class TakenRow
{
    public string GlueUserId { get; set; } = "";
    public string Kind { get; set; } = "";
    public long IsTaken { get; set; } // 1 where it was taken back already
}

/// <summary>An identification is taken back.</summary>
/// <param name="now">In milliseconds since 1970.</param>
internal sealed class TakeBackWrite(TakenRow row, string eventId, long now) : Write("take_back")
{
    public override void Bind(Binder values)
    {
        values.Set("user", Utf8Text.From(row.GlueUserId));
        values.Set("event_id", Utf8Text.From(eventId));
        values.Set("kind", Utf8Text.From(row.Kind));
        values.Set("fingerprint", IdentityWrite.FingerprintOf(default, default, null, null, default, default, default));
        values.SetInstant("received", now);
    }
}
