using CsCheck;
using DataGlue.Edge.Reports;

namespace DataGlue.Edge.Tests.Reports;

/// <summary>How the credit for conversions is shared, to the digit.</summary>
public sealed class AttributionReportTests
{
    private const string Google = """{"utm_source":"google"}""";
    private const string Mail = """{"utm_source":"mail"}""";
    private const string Radio = """{"utm_source":"radio"}""";

    // A person comes by google, by mail, directly, and by radio; on the last day there is a purchase.
    [Theory]
    [InlineData("first_touch", "google 1")]
    [InlineData("last_touch", "radio 1")]
    [InlineData("last_non_direct", "radio 1")]
    [InlineData("linear", "google 0.333334 mail 0.333333 radio 0.333333")]
    [InlineData("position_based", "google 0.4 radio 0.4 mail 0.2")]
    [InlineData("time_decay", "radio 0.44944 mail 0.30245 google 0.24811")]
    public void Each_model_shares_it_its_own_way(string model, string credits)
    {
        var visits = new Visits()
            .Event("p", 0, "page_view", 1, touch: Google).Event("p", 2 * Visits.Day, "page_view", 2, touch: Mail).Event("p", 4 * Visits.Day, "page_view", 3)
            .Event("p", 6 * Visits.Day, "page_view", 4, touch: Radio).Event("p", (6 * Visits.Day) + 1, "purchase", 4);

        Assert.Equal(credits, Run(visits, model));
    }

    [Theory]
    [InlineData("first_touch", "(none) 1")]
    [InlineData("last_touch", "(none) 1")]
    [InlineData("linear", "(none) 1")]
    public void Without_an_arrival_that_counts_it_is_direct(string model, string credits) => Assert.Equal(credits, Run(new Visits().Event("p", 0, "page_view").Event("p", 1, "purchase"), model));

    [Theory]
    [InlineData("last_touch", "(none) 1")]
    [InlineData("last_non_direct", "google 1")]
    public void A_direct_visit_in_between_is_the_last_touch_and_no_campaign(string model, string credits) =>
        Assert.Equal(credits, Run(new Visits().Event("p", 0, "page_view", 1, touch: Google).Event("p", Visits.Day, "purchase", 2), model));

    [Theory]
    [InlineData(30 * Visits.Day, "google 1")]
    [InlineData((30 * Visits.Day) + 1, "(none) 1")]
    public void What_is_older_than_the_lookback_gets_none(long age, string credits) =>
        Assert.Equal(credits, Run(new Visits().Event("p", 0, "page_view", 1, touch: Google).Event("p", age, "purchase", 2), "linear"));

    [Fact]
    public void An_arrival_after_the_conversion_gets_none_and_its_own_does() =>
        Assert.Equal("mail 1", Run(new Visits().Event("p", 0, "purchase", 1, touch: Mail).Event("p", 1, "page_view", 1, touch: Google), "linear"));

    [Fact]
    public void Each_purchase_counts_and_being_identified_counts_once()
    {
        var visits = new Visits().Event("p", 0, "page_view", touch: Google).Event("p", 1, "purchase").Event("p", 2, "purchase").Identify("p", 3).Identify("p", 4);

        Assert.Equal("google 2", Run(visits, "linear"));
        Assert.Equal("google 1", Run(visits, "linear", "identified"));
    }

    [Theory]
    [InlineData("linear", 1, "1000000")]
    [InlineData("linear", 3, "333334 333333 333333")]
    [InlineData("position_based", 2, "500000 500000")]
    [InlineData("position_based", 4, "400000 100000 100000 400000")]
    [InlineData("position_based", 5, "400002 66666 66666 66666 400000")]
    public void Shares_are_cut_and_the_rest_goes_to_the_largest(string model, int arrivals, string shares) =>
        Assert.Equal(shares, string.Join(' ', Attribution.Shares(Model(model), [.. Enumerable.Range(0, arrivals).Select(_ => 0L)], 1_000_000)));

    [Fact]
    public void Shares_always_sum_to_the_whole() => Gen.Select(Gen.Int[0, 5], Gen.Long[0, 400 * Visits.Day].Array[1, 40], Gen.Long[-1_000_000_000_000_000_000, 1_000_000_000_000_000_000]).Sample(
        (model, ages, whole) =>
        {
            var shares = Attribution.Shares((AttributionModel)model, [.. ages.OrderDescending()], whole);
            Assert.Equal(whole, shares.Sum());
            Assert.Equal(ages.Length, shares.Count);
        },
        iter: 20_000);

    private static AttributionModel Model(string name) => Enum.Parse<AttributionModel>(name.Replace("_", "", StringComparison.Ordinal), ignoreCase: true);

    private static string Run(Visits visits, string model, string conversion = "purchase")
    {
        var attribution = new Attribution(
            visits.Terms, Visits.Range(0, 60 * Visits.Day), Visits.Filters(), Conversion.Read(null!, visits.Terms, conversion, null, 0, 0, CancellationToken.None), Model(model), (_, touch) => touch.Source, 30 * Visits.Day, CancellationToken.None);
        foreach (var journey in visits.Journeys())
        {
            attribution.Add(journey);
        }

        return string.Join(' ', Visits.Json(json => attribution.Write(json, 10))["rows"]!.AsArray()
            .Where(row => (decimal)row!["conversions"]! != 0).Select(row => $"{(string?)row!["key"] ?? "(none)"} {row["conversions"]!.ToJsonString()}"));
    }
}
