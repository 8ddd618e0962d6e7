using DataGlue.Edge.Intake;
using DataGlue.Edge.Storage;
using DataGlue.Edge.Wire.Json;

namespace DataGlue.Edge.Model;

/// <summary>Takes in rows that somebody has put in by hand, with the sqlite3 program or a Worker on D1: from then on they are as if they had come over the wire. A row
/// whose time is no instant, or whose JSON cannot be read, stays as it is.</summary>
internal sealed class Adoption(RowsByHand rows, WriteQueue queue, Settings settings, TimeProvider clock) : IDisposable
{
    private static readonly Provenance ByHand = new(Trusted: true, Utf8Text.From("import:sql"));

    private readonly SemaphoreSlim gate = new(1, 1);

    /// <summary>Adopts all that is there. Where the database takes no writes, the rows stay as they are.</summary>
    public async Task RunAsync()
    {
        if (!rows.Any())
        {
            return;
        }

        await gate.WaitAsync();
        try
        {
            await AdoptAsync(rows.Events, Adopt, _ => null);
            await AdoptAsync(rows.Identities, Adopt, _ => null);
            await AdoptAsync(rows.Users, Adopt, row => row.Id);
        }
        catch (StorageUnavailableException)
        {
            // They can be read as they are.
        }
        finally
        {
            gate.Release();
        }
    }

    public void Dispose() => gate.Dispose();

    // In the order of their row ids, so that one that cannot be adopted does not come again.
    private async Task AdoptAsync<T>(Func<long, List<T>> read, Func<T, IEnumerable<Write>> adopt, Func<T, long?> profile)
        where T : IRowByHand
    {
        var after = long.MinValue;
        for (var some = read(after); some.Count > 0; some = read(after))
        {
            after = some[^1].Id;
            var writes = new List<Write>();
            foreach (var user in some.Where(row => TryAdopt(row, adopt, writes)).GroupBy(row => row.GlueUserId))
            {
                writes.Add(new AdoptedProfile(user.Key, profile(user.First()), Instants.Now(clock)));
            }

            await queue.SubmitAsync(writes);
        }
    }

    private static bool TryAdopt<T>(T row, Func<T, IEnumerable<Write>> adopt, List<Write> writes)
    {
        try
        {
            writes.AddRange(adopt(row));
            return true;
        }
        catch (Exception exception) when (exception is JsonException or FormatException)
        {
            return false;
        }
    }

    private IEnumerable<Write> Adopt(EventByHand row) => [new AdoptedEvent(row, settings.IgnoredReferrers)];

    private static IEnumerable<Write> Adopt(IdentityByHand row) => [new AdoptedIdentity(row)];

    // It says what a browser says that hands over its profile.
    private IEnumerable<Write> Adopt(UserByHand row)
    {
        var now = Instants.Now(clock);
        long? created = InstantOf(row.CreatedAt), firstSeen = InstantOf(row.FirstSeen);
        var sync = new Sync
        {
            GlueUserId = Utf8Text.From(row.GlueUserId),
            Received = now,
            Timestamp = InstantOf(row.IdentifiedAt) ?? firstSeen ?? created ?? now,
            Provenance = ByHand,
            Sessions = [],
            Events = [],
        };
        var profile = new Profile
        {
            Email = Utf8Text.From(row.Email),
            Traits = TextByHand.Object(row.Traits),
            Others = [],
            FirstSeen = firstSeen,
            LastSeen = InstantOf(row.LastSeen),
            Touches = [.. TouchOf(row.FirstTouch, isFirst: true), .. TouchOf(row.LastTouch, isFirst: false)],
            AttributionOthers = [],
        };
        return IdentityWrite.Of(sync, profile, isClaim: false, settings.IgnoredReferrers);
    }

    private static IEnumerable<ProfileTouch> TouchOf(string? json, bool isFirst)
    {
        var members = TextByHand.Object(json) is { } touch ? JsonMember.Of(touch, "", new Faults()) : [];
        var timestamp = InstantOf(members.Find(member => member.Name == "timestamp").Text);
        members.RemoveAll(member => member.Name == "timestamp");
        return members.Count == 0 ? [] : [new ProfileTouch(isFirst, timestamp, members)];
    }

    private static long? InstantOf(string? text) => text is not null && Instants.TryParse(text, out var instant) ? instant : null;
}

/// <summary>JSON in a row that was put in by hand.</summary>
internal static class TextByHand
{
    /// <summary>A value without what an older SQLite lets stand behind a NUL; of a key that an object has twice, the last value, as SQLite's own functions have it.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static JsonText? Object(string? json)
    {
        if (json is null)
        {
            return null;
        }

        var value = JsonText.Parse(Utf8Text.From(json.Split('\0')[0]));
        if (value.Utf8[0] != '{')
        {
            return null;
        }

        var members = JsonMember.Of(value, "", new Faults());
        return members.DistinctBy(member => member.Name).Count() == members.Count ? value
            : JsonText.Parse(JsonMember.Object(members.GroupBy(member => member.Name).Select(same => same.Last())));
    }
}
