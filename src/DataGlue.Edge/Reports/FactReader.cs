using DataGlue.Edge.Http;
using DataGlue.Edge.Reports.Columns;

namespace DataGlue.Edge.Reports;

/// <summary>What a report reads.</summary>
/// <param name="From">People come who did something, or were identified, from then on, in milliseconds since 1970.</param>
/// <param name="To">Before then.</param>
/// <param name="WithPages">Whether facts have pages, and touches landing pages.</param>
/// <param name="WithClickIds">Whether touches have the ids of single clicks, which is slower.</param>
internal sealed record ReportScope(long From, long To, bool WithBots, bool WithPages, bool WithClickIds = false);

/// <summary>Reads the journeys of people, whole: a session is what it is whatever the range of a report.</summary>
internal sealed class FactReader(ColumnReader columns, ColumnKeeper keeper, Settings settings)
{
    /// <summary>Begins to read, as of now.</summary>
    public Reading Open(ReportScope scope, CancellationToken cancelled)
    {
        var drops = keeper.Drops;
        var state = columns.State();
        while (state.IsFarBehind)
        {
            keeper.CatchUpAsync(cancelled).GetAwaiter().GetResult();
            state = columns.State();
        }

        return new Reading(columns, () => keeper.Drops != drops, settings.IgnoredReferrers, state, scope, cancelled);
    }
}

/// <summary>One reading of all journeys: part by part of the browsers, and in each browser by browser. People on several browsers are kept aside and come last.</summary>
internal sealed class Reading
{
    private readonly ColumnReader columns;
    private readonly Func<bool> isOutdated;
    private readonly ReportScope scope;
    private readonly CancellationToken cancelled;
    private readonly LogTail events;
    private readonly LogTail identities;

    /// <param name="isOutdated">Whether the chunks were emptied since it began.</param>
    public Reading(ColumnReader columns, Func<bool> isOutdated, Intake.IgnoredReferrers ignored, ColumnState state, ReportScope scope, CancellationToken cancelled)
    {
        (this.columns, this.isOutdated, this.scope, this.cancelled) = (columns, isOutdated, scope, cancelled);
        events = new LogTail(columns, Log.Events, state, cancelled);
        identities = new LogTail(columns, Log.Identities, state, cancelled);
        Terms = new FactTerms(columns.Hosts().Concat(events.Hosts()).Distinct().Take(2).Count() > 1, ignored, scope.WithPages);
    }

    public FactTerms Terms { get; }

    /// <summary>The journeys of all people who have anything to do with the time of the report, and perhaps of others.</summary>
    /// <exception cref="RequestException">503: the chunks were emptied meanwhile.</exception>
    public IEnumerable<Journey> Journeys()
    {
        using var texts = columns.OpenTexts();
        var order = new FactOrder(texts);
        var names = new NameOwners(events, identities, order, cancelled);
        var reader = new PartReader(Terms, scope, names, order, texts);
        var aside = new Dictionary<ulong, List<PlacedFact>>();
        var number = 0;
        for (var part = 0; part < ColumnReader.Parts; part++)
        {
            cancelled.ThrowIfCancellationRequested();
            List<Source> sources = [.. events.Sources(part), .. identities.Sources(part)];
            reader.Open(sources);
            foreach (var browser in reader.Browsers(number + 1))
            {
                number++;
                if (browser.Alone is { } alone)
                {
                    yield return new Journey(new Who(browser.Number, IsIdentified: false), [browser.Number], alone, Terms);
                    continue;
                }

                foreach (var (person, facts) in browser.ByPerson)
                {
                    if (names.IsOnSeveralBrowsers(person))
                    {
                        (aside.TryGetValue(person, out var others) ? others : aside[person] = []).AddRange(facts);
                    }
                    else
                    {
                        yield return NewJourney(person, browser.Number, facts);
                    }
                }
            }

            sources.ForEach(source => source.Dispose());
        }

        if (isOutdated())
        {
            throw new RequestException(StatusCodes.Status503ServiceUnavailable, "What reports read was made anew meanwhile; ask again in a minute");
        }

        foreach (var (person, facts) in aside)
        {
            cancelled.ThrowIfCancellationRequested();
            facts.Sort(order);
            yield return NewJourney(person, 0, facts);
        }
    }

    /// <param name="browser">The only one; 0 where there are several.</param>
    private Journey NewJourney(ulong person, ulong browser, List<PlacedFact> facts) => new(
        new Who(person, person != browser), browser != 0 ? [browser] : [.. facts.Select(fact => fact.Browser).Distinct()], facts.ConvertAll(fact => fact.Fact), Terms);
}
