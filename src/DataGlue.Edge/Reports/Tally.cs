using System.Runtime.InteropServices;

namespace DataGlue.Edge.Reports;

/// <summary>The rows of a list, by their key; null is what has none.</summary>
/// <param name="keyOf">The key of what has a number; several numbers may have one key.</param>
internal sealed class Tally(Func<int, string?> keyOf)
{
    private readonly Dictionary<string, TallyRow> rows = new(StringComparer.Ordinal);
    private readonly List<TallyRow?> byNumber = [];
    private TallyRow? none;

    /// <summary>The row of a number of <see cref="FactTerms"/>.</summary>
    public TallyRow this[int number]
    {
        get
        {
            if (number >= byNumber.Count)
            {
                CollectionsMarshal.SetCount(byNumber, Math.Max(number + 1, 2 * byNumber.Count));
            }

            return byNumber[number] ??= Row(keyOf(number));
        }
    }

    private TallyRow Row(string? key) => key is null ? none ??= new TallyRow(null) : rows.TryGetValue(key, out var row) ? row : rows[key] = new TallyRow(key);

    /// <summary>The rows with most people, ties by the bytes of their keys.</summary>
    public IEnumerable<TallyRow> Top(int most) => (none is null ? rows.Values : rows.Values.Append(none))
        .OrderByDescending(row => row.People).ThenBy(row => row.Key, Model.EventKey.TextOrder)
        .Take(most);

    public void Write(Utf8JsonWriter json, string name, string keyName, int most)
    {
        json.WriteStartArray(name);
        foreach (var row in Top(most))
        {
            json.WriteStartObject();
            json.WriteString(keyName, row.Key);
            row.Write(json);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}

/// <summary>One row: how many people, sessions, events and conversions, and what these are worth.</summary>
internal sealed class TallyRow(string? key)
{
    private int lastPerson;
    private Session? lastSession;

    public string? Key => key;
    public long People { get; private set; }
    public long Sessions { get; private set; }
    public long Events { get; set; }
    public long Conversions { get; private set; }
    public Int128 Value { get; private set; }

    /// <summary>Counts a person and a session once each, however often they come: they come one after the other.</summary>
    /// <param name="person">A number of the person, not 0.</param>
    /// <returns>Whether the session is counted now.</returns>
    public bool Count(int person, Session session)
    {
        People += lastPerson == person ? 0 : 1;
        lastPerson = person;
        var isNew = lastSession != session;
        Sessions += isNew ? 1 : 0;
        lastSession = session;
        return isNew;
    }

    public void CountConversions(long conversions, Int128 value)
    {
        Conversions += conversions;
        Value += value;
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteNumber("people", People);
        json.WriteNumber("sessions", Sessions);
        json.WriteNumber("events", Events);
        json.WriteNumber("conversions", Conversions);
        Amount.Write(json, "value", Value);
    }
}
