using DataGlue.Edge.Intake;

namespace DataGlue.Edge.Journeys;

/// <summary>Events in the order of a journey: those of a browser, those of a person on a browser, or those that name a person themselves.</summary>
internal abstract class EventSource
{
    /// <summary>At most so many events between two places, both left out (no bound: to the end), and about <paramref name="maxSize"/> characters; one event always fits.</summary>
    public abstract List<EventRow> Page(EventKey after, EventKey? bound, int most, int maxSize);

    public abstract SpanRow Summary();

    /// <summary>Whether an event is one of these.</summary>
    public abstract bool Has(EventRow row);

    /// <summary>The last of them, where that is known without a walk; null where there is none.</summary>
    public virtual EventRow? Newest() => null;
}

/// <summary>All events of a browser.</summary>
internal sealed class BrowserEvents(JourneyReader reader, string user, long snapshot) : EventSource
{
    public override List<EventRow> Page(EventKey after, EventKey? bound, int most, int maxSize) => reader.Page(user, after, bound, snapshot, most, maxSize);

    public override SpanRow Summary() => reader.SpanOf(user, snapshot);

    public override bool Has(EventRow row) => row.GlueUserId == user;
}

/// <summary>The events of a browser in the windows of a person, without those that name somebody themselves.</summary>
internal sealed class WindowEvents(JourneyReader reader, PersonBrowser browser, long snapshot) : EventSource
{
    public override List<EventRow> Page(EventKey after, EventKey? bound, int most, int maxSize)
    {
        foreach (var window in browser.Windows)
        {
            if (IsBefore(window.To, after))
            {
                continue;
            }

            if (bound is { } end && EventKey.Utf8Order.Compare(window.From, end) >= 0)
            {
                break;
            }

            if (reader.Page(browser.GlueUserId, window, after, bound, snapshot, most, maxSize) is { Count: > 0 } rows)
            {
                return rows;
            }
        }

        return [];
    }

    public override SpanRow Summary()
    {
        var summary = new SpanRow();
        foreach (var window in browser.Windows)
        {
            summary.Add(reader.SpanOf(browser.GlueUserId, window, snapshot));
        }

        return summary;
    }

    public override bool Has(EventRow row) => row.GlueUserId == browser.GlueUserId && browser.Has(row.Key);

    private static bool IsBefore(EventKey? end, EventKey place) => end is { } known && EventKey.Utf8Order.Compare(known, place) <= 0;
}

/// <summary>The events that name an account or an e-mail themselves.</summary>
/// <param name="kind"><c>account</c> or <c>email</c>.</param>
/// <param name="value">The account, or the key of the e-mail.</param>
internal sealed class NamedEvents(JourneyReader reader, string kind, string value, long snapshot) : EventSource
{
    public override List<EventRow> Page(EventKey after, EventKey? bound, int most, int maxSize) => reader.NamedPage(kind, value, after, bound, snapshot, most, maxSize);

    public override SpanRow Summary() => reader.NamedSpan(kind, value, snapshot);

    public override bool Has(EventRow row) => row.Claim == 0 && (kind == "account" ? row.UserId == value : row.UserId is null && row.Email is not null && EmailKey.Of(Utf8Text.From(row.Email)).ToString() == value);

    public override EventRow? Newest() => reader.NewestNamed(kind, value, snapshot);
}
