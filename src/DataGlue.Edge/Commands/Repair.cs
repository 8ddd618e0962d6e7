using Dapper;
using DataGlue.Edge.Model;
using DataGlue.Edge.Reports.Columns;
using DataGlue.Edge.Storage;
using DataGlue.Edge.Wire.Json;
using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Commands;

/// <summary>Makes anew what follows from the logs where it does not: traits, names and spans from identities, names of events, and profiles from all. Leaves what the logs say as it is.</summary>
internal sealed class Repair(SqliteConnection connection)
{
    private readonly string now = Instants.Format(Instants.Now(TimeProvider.System));

    /// <summary>Repairs within the open transaction, and prints how much of each kind.</summary>
    public void Run()
    {
        // Spans follow from the names.
        var rows = DerivedRow.Wrong(connection);
        var names = rows.FindAll(row => row.What == "name");
        names.ForEach(Mend);
        rows = names.Count == 0 ? rows : DerivedRow.Wrong(connection);
        rows.ForEach(Mend);
        var count = names.Count + rows.Count;
        Console.WriteLine($"repaired: {count} derived {(count == 1 ? "row" : "rows")}");

        var profiles = Different();
        profiles.ForEach(user => connection.Execute(SqlFile.Read("repair/profile"), new { user, now }));
        Console.WriteLine($"repaired: {profiles.Count} {(profiles.Count == 1 ? "profile" : "profiles")}");

        // A server makes them anew.
        if (ColumnCheck.Differences(new ColumnReader(connection)).Count > 0)
        {
            connection.Execute(SqlFile.Read("repair/columns"));
            Console.WriteLine("repaired: the columns of reports, which the next start makes anew");
        }
    }

    private void Mend(DerivedRow row)
    {
        var (user, trait, timestamp, event_id, kind) = (row.GlueUserId, row.Name, row.Timestamp, row.EventId, row.Kind);
        switch (row.What)
        {
            case "missing" or "wrong":
                var traits = connection.QueryFirst<string>(SqlFile.Read("repair/identity_traits"), new { user, event_id, kind });
                var text = TraitText.Of(JsonText.Parse(Utf8Text.From(traits)));
                var (trait_values, long_traits) = (text.Values.ToString(), text.Long.ToString());
                connection.Execute(SqlFile.Read("repair/traits"), new { user, timestamp, event_id, kind, trait_values });
                connection.Execute(SqlFile.Read("repair/long_traits"), new { user, event_id, kind, long_traits });
                break;
            case "stray":
                connection.Execute(SqlFile.Read("repair/traits_delete"), new { user, trait, timestamp, event_id, kind });
                break;
            case "unnamed":
                connection.Execute(SqlFile.Read("repair/long_traits_delete"), new { user, trait, event_id, kind });
                break;
            case "name":
                var (name, email_key) = (row.Identity!.Name, row.Identity.EmailKey);
                connection.Execute(SqlFile.Read("repair/names"), new { user, event_id, kind, name, email_key });
                break;
            case "event":
                connection.Execute(SqlFile.Read("repair/event_name"), new { event_id, name = trait });
                break;
            case "visitor":
                connection.Execute(SqlFile.Read("repair/visitor"), new { user, now });
                break;
            default:
                connection.Execute(SqlFile.Read("repair/starts"), new { user, event_id, kind });
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
