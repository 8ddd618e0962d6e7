namespace DataGlue.Edge.Reports;

/// <summary>The people of whom a report speaks, those seen last first.</summary>
/// <param name="after">The place behind which it begins; null from the first on.</param>
/// <param name="most">How many are listed.</param>
/// <param name="textsOf">By what a person is known; asked for those who are listed.</param>
internal sealed class PeopleList(FactTerms terms, PeoplePlace? after, int most, Func<PersonSource, PersonTexts> textsOf)
{
    private readonly SortedSet<PersonRow> rows = [];

    /// <summary>How many there are in all.</summary>
    public long Count { get; private set; }

    public void Add(Journey journey)
    {
        Count++;
        var row = new PersonRow(journey, terms);
        if (after is { } place && row.Place.CompareTo(place) <= 0)
        {
            return;
        }

        // One more than are listed tells whether there is a next page.
        rows.Add(row);
        if (rows.Count > most + 1)
        {
            rows.Remove(rows.Max!);
        }
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteNumber("total", Count);
        json.WriteStartArray("people");
        foreach (var row in rows.Take(most))
        {
            row.Write(json, textsOf);
        }

        json.WriteEndArray();
        if (rows.Count > most)
        {
            json.WriteString("next_after", rows.ElementAt(most - 1).Place.ToString());
        }
    }

    /// <summary>A person as a JSON object.</summary>
    public static string Json(Journey journey, FactTerms terms, Func<PersonSource, PersonTexts> textsOf)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = ServerJson.Encoder });
        new PersonRow(journey, terms).Write(json, textsOf);
        json.Flush();
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    // The journey itself is gone with the next.
    private sealed class PersonRow(Journey journey, FactTerms terms) : IComparable<PersonRow>
    {
        private readonly PersonSource source = PersonSource.Of(journey);
        private readonly string channel = terms.TouchOf(journey.FirstTouch).Channel;
        private readonly long firstSeen = journey.Facts[0].Time;
        private readonly int sessions = journey.Sessions.Count;
        private readonly int events = journey.Facts.Count(fact => fact.Kind == FactKind.Event);

        public PeoplePlace Place { get; } = new(journey.Facts[^1].Time, PersonId.Of(journey.Person));

        public int CompareTo(PersonRow? other) => Place.CompareTo(other!.Place);

        public void Write(Utf8JsonWriter json, Func<PersonSource, PersonTexts> textsOf)
        {
            var texts = textsOf(source);
            json.WriteStartObject();
            json.WriteString("id", Place.Id);
            json.WriteString("email", texts.Email);
            json.WriteString("user_id", texts.UserId);
            json.WriteString("glue_user_id", texts.GlueUserId);
            json.WriteString("first_seen", Instants.Format(firstSeen));
            json.WriteString("last_seen", Instants.Format(Place.Time));
            json.WriteString("first_channel", channel);
            json.WriteNumber("sessions", sessions);
            json.WriteNumber("events", events);
            json.WriteEndObject();
        }
    }
}

/// <summary>The place of a person in a list: by when they were seen last, and then by their id.</summary>
internal readonly record struct PeoplePlace(long Time, string Id) : IComparable<PeoplePlace>
{
    public int CompareTo(PeoplePlace other) => other.Time.CompareTo(Time) is not 0 and var order ? order : string.CompareOrdinal(Id, other.Id);

    public override string ToString() => $"{Time.ToString(CultureInfo.InvariantCulture)}.{Id}";

    public static PeoplePlace? Read(ReportQuery query)
    {
        if (query.Text("after") is not { } text)
        {
            return null;
        }

        if (text.Split('.', 2) is [var time, { Length: > 0 } id] && long.TryParse(time, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var known))
        {
            return new PeoplePlace(known, id);
        }

        query.Fault("after must be what the page before has as next_after");
        return null;
    }
}
