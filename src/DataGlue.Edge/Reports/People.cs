using Dapper;
using DataGlue.Edge.Journeys;
using DataGlue.Edge.Model;
using DataGlue.Edge.Reports.Columns;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Reports;

/// <summary>By what a person is known: an e-mail, the account, the browser of the first visit; each null where there is none.</summary>
internal sealed record PersonTexts(string? Email, string? UserId, string GlueUserId);

/// <summary>Rows of the logs that tell by what a person is known.</summary>
/// <param name="First">What the person did first.</param>
/// <param name="Named">Where somebody names the person; null of one whom nobody has named.</param>
internal readonly record struct PersonSource((Log Log, long Row) First, (Log Log, long Row)? Named)
{
    public static PersonSource Of(Journey journey)
    {
        var named = !journey.Person.IsIdentified ? (Fact?)null
            : journey.FirstIdentification is { } i ? journey.Facts[i] : journey.Facts.Find(fact => fact.Kind == FactKind.Event);
        return new PersonSource(RowOf(journey.Facts[0]), named is { } fact ? RowOf(fact) : null);
    }

    private static (Log Log, long Row) RowOf(Fact fact) => (fact.Kind == FactKind.Event ? Log.Events : Log.Identities, fact.Row);
}

/// <summary>Finds what people are called, and people by that.</summary>
internal sealed class People(Database database, ColumnReader columns)
{
    /// <summary>By what a person is known. Empty where the rows have gone since they were counted.</summary>
    public PersonTexts TextsOf(PersonSource source)
    {
        using var texts = columns.OpenTexts();
        var browser = texts.Of(source.First.Log, source.First.Row)?.GlueUserId ?? "";
        if (source.Named is not { } named || texts.Of(named.Log, named.Row)?.Name is not { } name)
        {
            return new PersonTexts(null, null, browser);
        }

        using var reader = new JourneyReader(database);
        var account = PersonName.AccountOf(name) ?? AccountOf(reader, PersonName.EmailOf(name));
        var email = account is null ? PersonName.EmailOf(name)
            : reader.AccountsOf(reader.EmailsOf(account)).Where(row => row.UserId == account).Select(row => row.EmailKey).Order(StringComparer.Ordinal).FirstOrDefault();
        return new PersonTexts(email, account, browser);
    }

    /// <summary>The numbers of people, and of browsers, whose e-mail, account or id begins with a text.</summary>
    public HashSet<ulong> Find(string beginning, CancellationToken cancelled)
    {
        var escaped = beginning.Replace("!", "!!", StringComparison.Ordinal).Replace("%", "!%", StringComparison.Ordinal).Replace("_", "!_", StringComparison.Ordinal);
        var asked = new { browser = escaped + "%", email = "email:" + escaped + "%", account = "account:" + escaped + "%" };
        var found = new HashSet<ulong>();
        foreach (var name in database.Read<List<string>>(connection => [.. connection.Query<string>(SqlFile.Read("read/names_beginning"), asked)], cancelled))
        {
            found.Add(NameNumber.Of(name));
        }

        return found;
    }

    private static string? AccountOf(JourneyReader reader, string? email) => email is null ? null : reader.AccountsOf([email])[0].UserId;
}
