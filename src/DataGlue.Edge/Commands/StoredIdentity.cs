using DataGlue.Edge.Model;
using DataGlue.Edge.Storage;
using DataGlue.Edge.Wire.Json;
using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Commands;

/// <summary>A row of the identity log, as a check reads it.</summary>
/// <param name="GlueUserId">Whose it is.</param>
/// <param name="EventId">Its id.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Timestamp">Its time, as it is stored.</param>
/// <param name="EmailKey">The key of its e-mail that it is to have; null of none.</param>
/// <param name="Name">Whom it is to name. A claim stays one: what was decided of it is told by nothing else.</param>
/// <param name="NamesRight">Whether it has these two.</param>
/// <param name="Traits">Its traits; null where it has none, or they are no JSON.</param>
/// <param name="HasFingerprint">Whether it has a fingerprint; what was inserted by hand has none.</param>
/// <param name="IsIntact">Whether it says what it said when it was written, as far as that is known.</param>
internal sealed record StoredIdentity(
    string GlueUserId, string EventId, string Kind, string Timestamp, string? EmailKey, string? Name, bool NamesRight, JsonText? Traits, bool HasFingerprint, bool IsIntact)
{
    /// <summary>All rows, one after the other.</summary>
    public static IEnumerable<StoredIdentity> All(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = SqlFile.Read("read/identity_fingerprints");
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            yield return Read(reader);
        }
    }

    public override string ToString() => $"{Kind} {EventId} of {GlueUserId}";

    private static StoredIdentity Read(SqliteDataReader row)
    {
        var (user, id, kind, timestamp) = (row.GetString(9), row.GetString(10), row.GetString(11), row.GetString(12));
        var (email, account, key) = (row.Utf8(2), row.Utf8(3), Intake.EmailKey.Of(row.Utf8(2)));
        var name = row.GetInt64(15) == 1 ? default : PersonName.Of(account, key);
        var namesRight = row.Utf8(13) == key && row.Utf8(14) == name;
        var hasFingerprint = !row.IsDBNull(1);
        try
        {
            var traits = row.Json(4);
            var made = IdentityWrite.FingerprintOf(email, account, traits, row.Json(5), row.Utf8(6), row.Utf8(7), row.Utf8(8));
            return Stored(traits, !hasFingerprint || row.IsFingerprint(1, made));
        }
        catch (JsonException)
        {
            return Stored(null, isIntact: false);
        }

        StoredIdentity Stored(JsonText? traits, bool isIntact) =>
            new(user, id, kind, timestamp, key.Decode(), name.Decode(), namesRight, traits, hasFingerprint, isIntact);
    }
}
