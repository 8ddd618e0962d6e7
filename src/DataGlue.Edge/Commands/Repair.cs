using Dapper;
using DataGlue.Edge.Model;
using DataGlue.Edge.Storage;
using DataGlue.Edge.Wire.Json;
using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Commands;

/// <summary>Makes anew what follows from the logs where it does not: traits and marks of e-mails from identities, and profiles from all. Leaves the logs as they are.</summary>
internal sealed class Repair(SqliteConnection connection)
{
    /// <summary>Repairs within the open transaction, and prints how much of each kind.</summary>
    public void Run()
    {
        var rows = DerivedRow.Wrong(connection);
        rows.ForEach(Mend);
        Console.WriteLine($"repaired: {rows.Count} {(rows.Count == 1 ? "row" : "rows")} of traits and e-mails");

        var profiles = Different();
        var now = Instants.Utf8(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()).ToString();
        profiles.ForEach(user => connection.Execute(SqlFile.Read("repair/profile"), new { user, now }));
        Console.WriteLine($"repaired: {profiles.Count} {(profiles.Count == 1 ? "profile" : "profiles")}");
    }

    private void Mend(DerivedRow row)
    {
        var (user, name, timestamp, event_id, kind) = (row.GlueUserId, row.Name, row.Timestamp, row.EventId, row.Kind);
        switch (row.What)
        {
            case "missing":
                var traits = connection.QueryFirst<string>(SqlFile.Read("repair/identity_traits"), new { user, event_id, kind });
                var trait_values = TraitText.Of(JsonText.Parse(Utf8Text.From(traits))).Values.ToString();
                connection.Execute(SqlFile.Read("repair/traits"), new { user, timestamp, event_id, kind, trait_values });
                break;
            case "stray":
                connection.Execute(SqlFile.Read("repair/traits_delete"), new { user, name, timestamp, event_id, kind });
                break;
            default:
                connection.Execute(SqlFile.Read("repair/email_starts"), new { user, event_id, kind });
                break;
        }
    }

    private List<string> Different()
    {
        using var command = connection.CreateCommand();
        command.CommandText = SqlFile.Read("read/profile_differences");
        using var reader = command.ExecuteReader();
        var users = new List<string>();
        while (reader.Read())
        {
            if (Enumerable.Range(1, reader.FieldCount - 1).Any(part => reader.GetInt64(part) != 0))
            {
                users.Add(reader.GetString(0));
            }
        }

        return users;
    }
}

/// <summary>A row, or a mark in one, that is to follow from identities and does not.</summary>
/// <param name="What">What it is: a row of traits that is <c>missing</c> or <c>stray</c>, or the mark of an <c>e-mail</c>.</param>
/// <param name="GlueUserId">Whose it is.</param>
/// <param name="Name">The key of the traits; null of an e-mail.</param>
/// <param name="Timestamp">The time of the identity, as it is stored.</param>
/// <param name="EventId">Its id.</param>
/// <param name="Kind">Its kind.</param>
internal sealed record DerivedRow(string What, string GlueUserId, string? Name, string Timestamp, string EventId, string Kind)
{
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

        return rows;
    }

    public override string ToString() => $"{Kind} {EventId} of {GlueUserId}: {(Name is null ? "the mark of its e-mail" : $"trait {Name} is {What}")}";
}
