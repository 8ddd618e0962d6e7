namespace DataGlue.Edge.Tests.Reports;

/// <summary>How the facts of a person are cut into sessions and arrivals.</summary>
public sealed class JourneyTests
{
    private const string Google = """{"utm_source":"google","utm_medium":"cpc"}""";
    private const string Mail = """{"utm_source":"news","utm_medium":"email"}""";

    [Theory]
    [InlineData(Visits.Pause - 1, 1)]
    [InlineData(Visits.Pause, 2)]
    public void Without_an_id_a_pause_of_30_minutes_ends_a_session(long pause, int sessions) =>
        Assert.Equal(sessions, One(new Visits().Event("a", 0, "page_view", session: 0).Event("a", pause, "page_view", session: 0)).Sessions.Count);

    [Fact]
    public void An_id_holds_a_session_together_however_long_and_of_its_browser_alone()
    {
        var journey = One(new Visits().Event("a", 0, "e", 1).Event("a", 5, "e", 2).Event("a", Visits.Day, "e", 1).Event("a", 6, "e", 1, browser: 2).Event("a", 7, "e", 0));

        Assert.Equal(["0 2", "1 1", "2 1", "3 1"], journey.Sessions.Select(session => $"{session.Number} {session.Facts.Count}"));
        Assert.Equal(Visits.Day, journey.Sessions[0].Last - journey.Sessions[0].First);
    }

    [Fact]
    public void A_touch_that_counts_is_an_arrival_and_the_same_again_in_its_session_is_none()
    {
        var journey = One(new Visits()
            .Event("a", 0, "page_view", touch: Google).Event("a", 1, "page_view", touch: Google).Event("a", 2, "page_view", touch: Mail).Event("a", 3, "page_view", touch: Google)
            .Event("a", 4, "page_view", session: 2, touch: """{"landing_page":"https://a.example/"}""").Event("a", 5, "page_view", session: 2));

        Assert.Equal(["0 paid search", "2 email", "4 direct"], journey.Arrivals.Select(arrival => $"{arrival.Time - Visits.Start} {arrival.Touch.Channel}"));
    }

    [Theory]
    [InlineData(0, Visits.Pause - 1, 0)] // after what the browser has just done
    [InlineData(0, Visits.Pause, null)]
    [InlineData(Visits.Pause - 1, 0, 0)] // before what it does next
    [InlineData(Visits.Pause, 0, null)]
    public void An_identification_belongs_to_what_its_browser_does_within_30_minutes(long visit, long identification, int? session)
    {
        var journey = One(new Visits().Event("a", visit, "page_view").Identify("a", identification, Mail));

        var place = journey.Facts.ToList().FindIndex(fact => fact.Kind == DataGlue.Edge.Reports.FactKind.Identification);
        Assert.Equal(session, journey.SessionOf[place]?.Number);
        Assert.Equal(session is null ? ["direct", "email"] : ["email"], journey.Arrivals.Select(arrival => arrival.Touch.Channel).Order(StringComparer.Ordinal));
    }

    private static DataGlue.Edge.Reports.Journey One(Visits visits) => Assert.Single(visits.Journeys());
}
