using CsCheck;
using DataGlue.Edge.Reports;

namespace DataGlue.Edge.Tests.Reports;

/// <summary>Who took some steps one after the other, with exact boundaries, and beside a second opinion that tries every entry.</summary>
public sealed class FunnelTests
{
    private const long Window = Visits.Day;

    private static readonly string[] Funnels = ["abc", "aab", "abab"];

    // Each letter an event, a minute apart; x is excluded.
    [Theory]
    [InlineData("abc", "0 1 2")]
    [InlineData("cba", "2")]
    [InlineData("acb", "0 2")]
    [InlineData("azzbzc", "0 3 5")]
    [InlineData("aabc", "0 2 3")] // the earliest entry of those that reach as many
    [InlineData("abxabc", "3 4 5")]
    [InlineData("abxa", "0 1")]
    [InlineData("xabc", "1 2 3")]
    [InlineData("abcabc", "0 1 2")]
    [InlineData("zz", "")]
    [InlineData("bc", "")]
    public void The_best_attempt_counts(string story, string steps) => Assert.Equal(steps, string.Join(' ', Best(Story(story), "abc")));

    [Theory]
    [InlineData("aab", "aab", "0 1 2")]
    [InlineData("aab", "aaab", "0 1 3")]
    [InlineData("aa", "ab", "0")] // one event fills one step
    [InlineData("aba", "aba", "0 1 2")]
    public void A_step_may_come_twice(string asked, string story, string steps) => Assert.Equal(steps, string.Join(' ', Best(Story(story), asked)));

    [Theory]
    [InlineData(Window, 2)]
    [InlineData(Window + 1, 1)]
    public void A_step_must_come_within_the_window_of_the_entry(long after, int reached) =>
        Assert.Equal(reached, Best(new Visits().Event("p", 0, "a").Event("p", after, "b"), "ab").Count);

    [Fact]
    public void The_window_is_that_of_the_entry_and_not_of_the_step_before() =>
        Assert.Equal(2, Best(new Visits().Event("p", 0, "a").Event("p", Window, "b").Event("p", Window + 1, "c"), "abc").Count);

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(0, 2)]
    [InlineData(Visits.Day - 1, 2)]
    [InlineData(Visits.Day, 0)]
    public void An_entry_lies_in_the_range_and_later_steps_may_pass_it(long entry, int reached) =>
        Assert.Equal(reached, Best(new Visits().Event("p", entry, "a").Event("p", entry + 5, "b"), "ab").Count);

    [Fact]
    public void Figures_are_of_people_and_seconds_run_from_the_previous_step()
    {
        var visits = new Visits();
        for (var person = 1; person <= 4; person++)
        {
            visits.Event($"{person}", 0, "a").Event($"{person}", 1, "a").Event($"{person}", person * 10_000, "b");
        }

        visits.Event("t", 0, "a").Event("u", 0, "b");
        var json = Run(visits, "ab");

        Assert.Equal("""[{"event":"a","events":9,"people":5,"from_previous":1,"from_first":1,"median_seconds":null,"p90_seconds":null},{"event":"b","events":5,"people":4,"from_previous":0.8,"from_first":0.8,"median_seconds":20,"p90_seconds":40}]""", json["steps"]!.ToJsonString());
    }

    [Fact]
    public void Filters_of_events_bind_the_entry_alone()
    {
        var visits = new Visits().Event("p", 0, "a", country: "DE").Event("p", 1, "b", country: "AT").Event("q", 0, "a", country: "AT").Event("q", 1, "b", country: "DE");

        Assert.Equal([1L, 1L], Run(visits, "ab", Visits.Filters(("country", "DE")))["steps"]!.AsArray().Select(step => (long)step!["people"]!));
    }

    [Fact]
    public void The_attempt_is_the_one_that_trying_every_entry_finds() => Gen.Select(Gen.Int[0, 4].Array[0, 14], Gen.Int[1, 5], Gen.Int[1, 4]).Sample(
        (events, window, count) =>
        {
            var visits = new Visits();
            for (var i = 0; i < events.Length; i++)
            {
                visits.Event("p", i * Visits.Hour, "abcx-"[events[i]].ToString());
            }

            foreach (var steps in Funnels)
            {
                var asked = steps[..Math.Min(count, steps.Length)];
                Assert.Equal(Simple(events.Select(e => "abcx-"[e]).ToArray(), asked, window), events.Length == 0 ? [] : Best(visits, asked, window * Visits.Hour, Visits.Range(0, 365 * Visits.Day)));
            }
        },
        iter: 5_000);

    private static List<int> Simple(char[] events, string steps, int window)
    {
        var best = new List<int>();
        for (var entry = 0; entry < events.Length; entry++)
        {
            var attempt = new List<int>();
            for (var i = entry; i < events.Length && attempt.Count < steps.Length && i - entry <= window && events[i] != 'x'; i++)
            {
                if (events[i] == steps[attempt.Count])
                {
                    attempt.Add(i);
                }
                else if (i == entry)
                {
                    break;
                }
            }

            best = attempt.Count > best.Count ? attempt : best;
        }

        return best;
    }

    private static Visits Story(string story)
    {
        var visits = new Visits();
        for (var i = 0; i < story.Length; i++)
        {
            visits.Event("p", i * Visits.Minute, story[i].ToString());
        }

        return visits;
    }

    private static List<int> Best(Visits visits, string steps, long window = Window, ReportRange? range = null) =>
        Make(visits, steps, Visits.Filters(), window, range ?? Visits.Range(0, Visits.Day)).Add(Assert.Single(visits.Journeys()));

    private static System.Text.Json.Nodes.JsonNode Run(Visits visits, string steps, ReportFilters? filters = null)
    {
        var funnel = Make(visits, steps, filters ?? Visits.Filters(), Window, Visits.Range(0, Visits.Day));
        foreach (var journey in visits.Journeys())
        {
            funnel.Add(journey);
        }

        return Visits.Json(json => funnel.Write(json, 10));
    }

    private static Funnel Make(Visits visits, string steps, ReportFilters filters, long window, ReportRange range) => new(
        visits.Terms, range, filters, [.. steps.Select(step => new FunnelStep(step.ToString(), visits.Terms.Name(step.ToString()), null, null))], new HashSet<int> { visits.Terms.Name("x") }, window, null);
}
