using DataGlue.Edge.Model;

namespace DataGlue.Edge.Journeys;

/// <summary>A part of a browser's time that is one person's: from a place, with it, to another, without it.</summary>
/// <param name="From">With it.</param>
/// <param name="To">Without it; null: to the end.</param>
internal readonly record struct Window(EventKey From, EventKey? To)
{
    public bool Has(EventKey place) =>
        EventKey.Utf8Order.Compare(From, place) <= 0 && (To is not { } end || EventKey.Utf8Order.Compare(place, end) < 0);
}

/// <summary>A browser that is or was a person's.</summary>
/// <param name="GlueUserId">Its id.</param>
/// <param name="IsTrusted">Whether a trusted identification has joined it.</param>
/// <param name="Windows">In their order, none of them touching another.</param>
internal sealed record PersonBrowser(string GlueUserId, bool IsTrusted, IReadOnlyList<Window> Windows)
{
    public bool Has(EventKey place) => Windows.Any(window => window.Has(place));
}
