namespace DataGlue.Edge.Reports;

/// <summary>What the rows of a report may be by.</summary>
internal static class Dimensions
{
    private const string Channel = "channel";

    /// <summary>Whether rows are by pages, or by what follows from pages.</summary>
    public static bool IsOfPages(string? name) => name is "page" or "host" or "entry_page" or Intake.Touch.LandingPage;

    /// <summary>A touch key, or the channel.</summary>
    public static Func<FactTerms, TouchFacts, string?> OfTouch(ReportQuery query, string name)
    {
        if (name == Channel)
        {
            return (_, touch) => touch.Channel;
        }

        if (!Intake.Touch.IsKey(name))
        {
            query.Fault($"by must be {Channel} or one of {string.Join(", ", Intake.Touch.AllKeys)}");
        }

        return name == Intake.Touch.ReferrerKey ? (_, touch) => touch.ReferrerHost
            : name == Intake.Touch.LandingPage ? (terms, touch) => terms.ShownPage(touch.LandingPage)
            : (_, touch) => touch.Values.GetValueOrDefault(name);
    }

    /// <summary>What an entry of a funnel is by: the arrival of its session, or the event.</summary>
    public static Func<FactTerms, Journey, int, string?> OfEntry(ReportQuery query, string name)
    {
        switch (name)
        {
            case "country": return (terms, journey, fact) => terms.ClientOf(journey.Facts[fact].Client).Country;
            case "device": return (terms, journey, fact) => terms.ClientOf(journey.Facts[fact].Client).Device;
            case "browser": return (terms, journey, fact) => terms.ClientOf(journey.Facts[fact].Client).Browser;
            case "os": return (terms, journey, fact) => terms.ClientOf(journey.Facts[fact].Client).Os;
            case "page": return (terms, journey, fact) => terms.ShownPage(terms.PageOf(journey.Facts[fact].Page));
            case "host": return (terms, journey, fact) => SessionFilter.HostOf(terms.PageOf(journey.Facts[fact].Page));
            case "entry_page": return (terms, journey, fact) => terms.ShownPage(SessionFilter.EntryPage(journey, journey.SessionOf[fact]!, terms));
        }

        if (name != Channel && !Intake.Touch.IsKey(name))
        {
            query.Fault($"by must be one of country, device, browser, os, page, host, entry_page, {Channel}, {string.Join(", ", Intake.Touch.AllKeys)}");
        }

        var key = OfTouch(query, Intake.Touch.IsKey(name) ? name : Channel);
        return (terms, journey, fact) => key(terms, journey.SessionOf[fact]!.Arrivals[0].Touch);
    }
}
