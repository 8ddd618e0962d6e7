namespace DataGlue.Edge.Reports;

/// <summary>The figures of a time.</summary>
internal sealed class OverviewPoint
{
    private int lastPerson;
    private Int128 value;

    public long People { get; set; }
    public long NewPeople { get; set; }
    public long Identified { get; set; }
    public long Sessions { get; set; }
    public long PageViews { get; private set; }
    public long Events { get; private set; }
    public long Conversions { get; private set; }

    public void CountNew() => NewPeople++;

    public void CountIdentified() => Identified++;

    public void CountSession() => Sessions++;

    /// <param name="person">A number of the person, who is counted once; 0 where people are counted otherwise.</param>
    public void CountEvent(bool isView, int person = 0)
    {
        Events++;
        PageViews += isView ? 1 : 0;
        People += person == lastPerson ? 0 : 1;
        lastPerson = person;
    }

    public void CountConversion(long worth)
    {
        Conversions++;
        value += worth;
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteNumber("people", People);
        json.WriteNumber("new_people", NewPeople);
        json.WriteNumber("identified", Identified);
        json.WriteNumber("sessions", Sessions);
        json.WriteNumber("page_views", PageViews);
        json.WriteNumber("events", Events);
        json.WriteNumber("conversions", Conversions);
        Amount.Write(json, "value", value);
    }
}
