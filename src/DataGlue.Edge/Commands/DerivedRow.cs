using Dapper;
using DataGlue.Edge.Model;
using DataGlue.Edge.Storage;
using DataGlue.Edge.Wire.Json;
using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Commands;

/// <summary>What is to follow from the logs and does not: a row of traits, a value of an identity, or a visitor.</summary>
/// <param name="What">What it is: a row of traits that is <c>missing</c>, <c>wrong</c> or <c>stray</c>, a long value that is <c>unnamed</c>, the mark of a <c>span</c>,
/// the <c>name</c> by which an identity joins, that of an <c>event</c>, or a <c>visitor</c> who has no row.</param>
/// <param name="GlueUserId">Whose it is.</param>
/// <param name="Name">The key of the traits, or the name that the event is to have; null of all else.</param>
/// <param name="Timestamp">The time of the identity, as it is stored; empty of a visitor.</param>
/// <param name="EventId">Its id.</param>
/// <param name="Kind">Its kind; empty of an event.</param>
/// <param name="Identity">Of a name: the identity, which knows what it is to be.</param>
internal sealed record DerivedRow(string What, string GlueUserId, string? Name, string Timestamp, string EventId, string Kind, StoredIdentity? Identity = null)
{
    /// <summary>All of them. What follows from an identity that is not as it was written is not compared: it may be all that is left of what was.</summary>
    public static List<DerivedRow> Wrong(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = SqlFile.Read("read/derived_differences");
        using var reader = command.ExecuteReader();
        var rows = new List<DerivedRow>();
        while (reader.Read())
        {
            rows.Add(new DerivedRow(
                reader.GetString(0), reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetString(2), reader.GetString(3), reader.GetString(4), reader.GetString(5)));
        }

        foreach (var identity in StoredIdentity.All(connection).Where(identity => identity.IsIntact))
        {
            if (!identity.NamesRight)
            {
                rows.Add(new DerivedRow("name", identity.GlueUserId, null, identity.Timestamp, identity.EventId, identity.Kind, identity));
            }

            if (identity.Traits is not null)
            {
                rows.AddRange(TraitsOf(connection, identity));
            }
        }

        rows.AddRange(EventNames(connection));
        return rows;
    }

    public override string ToString() => What switch
    {
        "visitor" => $"{GlueUserId} has no profile",
        "name" => $"{Kind} {EventId} of {GlueUserId}: whom it names",
        "event" => $"event {EventId} of {GlueUserId}: whom it names",
        "span" => $"{Kind} {EventId} of {GlueUserId}: whether a span begins",
        "unnamed" => $"{Kind} {EventId} of {GlueUserId}: the value of trait {Name} is stray",
        _ => $"{Kind} {EventId} of {GlueUserId}: trait {Name} is {What}",
    };

    private static IEnumerable<DerivedRow> EventNames(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = SqlFile.Read("read/event_names");
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            var name = reader.GetInt64(5) == 1 ? default : PersonName.Of(reader.Utf8(4), Intake.EmailKey.Of(reader.Utf8(3)));
            if (name != reader.Utf8(6))
            {
                yield return new DerivedRow("event", reader.GetString(0), name.Decode(), reader.GetString(2), reader.GetString(1), "");
            }
        }
    }

    private static IEnumerable<DerivedRow> TraitsOf(SqliteConnection connection, StoredIdentity identity)
    {
        var (user, timestamp, event_id, kind) = (identity.GlueUserId, identity.Timestamp, identity.EventId, identity.Kind);
        var text = TraitText.Of(identity.Traits);
        var (trait_values, long_traits) = (text.Values.ToString(), text.Long.ToString());
        return connection.Query<TraitRow>(SqlFile.Read("read/trait_rows"), new { user, timestamp, event_id, kind, trait_values, long_traits })
            .Where(row => !row.IsRight)
            .Select(row => new DerivedRow(!row.IsThere ? "missing" : "wrong", user, row.Name, timestamp, event_id, kind));
    }

    // A key of traits: the value as it is to be, and what is found, as JSON text; of a long value the size in bytes.
    internal sealed class TraitRow
    {
        public string Name { get; set; } = "";
        public string Value { get; set; } = "";
        public bool IsThere { get; set; }
        public string? Found { get; set; }
        public long? Size { get; set; }

        public bool IsRight => IsThere && Found is not null && Size == LongSize(Found) && IsSame;

        // SQLite has put the traits of a row that was inserted by hand into other words: 1e2 is 100.0 there.
        private bool IsSame => Found == Value || HashOf(Found) == HashOf(Value);

        private static long? LongSize(string value) => Encoding.UTF8.GetByteCount(value) is var size && size > TraitText.MaxShort ? size : null;

        private static ulong? HashOf(string? json)
        {
            try
            {
                return json is null ? null : JsonText.Parse(Utf8Text.From(json)).Hash;
            }
            catch (JsonException)
            {
                return null;
            }
        }
    }
}
