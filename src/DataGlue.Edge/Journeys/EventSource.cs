using DataGlue.Edge.Model;

namespace DataGlue.Edge.Journeys;

/// <summary>Events in the order of a journey: those of a browser, those of a person on a browser, or those of a person by their own name.</summary>
internal abstract class EventSource
{
    /// <summary>Takes the events between two places, both left out, until the page is full.</summary>
    /// <param name="bound">Null: to the end.</param>
    public abstract void Fill(EventPage page, EventKey after, EventKey? bound);

    /// <summary>Whether an event is one of these.</summary>
    public abstract bool Has(EventRow row);
}

/// <summary>All events of a browser.</summary>
internal sealed class BrowserEvents(JourneyReader reader, string user, long snapshot) : EventSource
{
    public override void Fill(EventPage page, EventKey after, EventKey? bound) => reader.Fill(page, user, after, bound, snapshot);

    public override bool Has(EventRow row) => row.GlueUserId == user;
}

/// <summary>The events of a browser in the windows of a person, without those that name somebody themselves.</summary>
internal sealed class WindowEvents(JourneyReader reader, PersonBrowser browser, long snapshot) : EventSource
{
    public override void Fill(EventPage page, EventKey after, EventKey? bound)
    {
        foreach (var window in browser.Windows)
        {
            if (page.IsFull || (bound is { } end && EventKey.Utf8Order.Compare(window.From, end) >= 0))
            {
                return;
            }

            if (window.To is not { } to || EventKey.Utf8Order.Compare(to, after) > 0)
            {
                reader.Fill(page, browser.GlueUserId, window, after, bound, snapshot);
            }
        }
    }

    public override bool Has(EventRow row) => row.OwnName is null && row.GlueUserId == browser.GlueUserId && browser.Has(row.Key);
}

/// <summary>The events that have a name of their own.</summary>
internal sealed class NamedEvents(JourneyReader reader, string name, long snapshot) : EventSource
{
    public override void Fill(EventPage page, EventKey after, EventKey? bound) => reader.FillNamed(page, name, after, bound, snapshot);

    public override bool Has(EventRow row) => row.OwnName == name;
}
