using System.Net;
using System.Text.Json.Nodes;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Reports;

/// <summary>GET /glue/reports over HTTP: a week of a small shop, worked out by hand.</summary>
public sealed class ReportTests : IDisposable
{
    private const string Week = "from=2024-05-20&to=2024-05-26";
    private const string Page = "https://shop.example";

    private readonly ServerApp app = new();

    [Fact]
    public async Task The_overview_of_a_week()
    {
        await ShopAsync();

        var report = await ReadAsync($"overview?{Week}&interval=day&conversion=purchase&value=value&compare=previous");

        Assert.Equal("""{"from":"2024-05-20T00:00:00.000Z","to":"2024-05-27T00:00:00.000Z","tz":"UTC","interval":"day"}""", report["range"]!.ToJsonString());
        Assert.Equal(
            """{"people":3,"new_people":3,"identified":1,"sessions":5,"page_views":6,"events":8,"conversions":2,"value":29.99,"bounce_rate":0.6,"median_session_seconds":20}""",
            report["totals"]!.ToJsonString());
        Assert.Equal(
            ["2 2 1 2 2 2 0 0", "1 0 0 1 1 1 0 0", "1 0 0 1 2 3 1 19.99", "0 0 0 0 0 0 0 0", "1 1 0 1 1 2 1 10", "0 0 0 0 0 0 0 0", "0 0 0 0 0 0 0 0"],
            report["series"]!.AsArray().Select(point => string.Join(' ', point!.AsObject().Skip(1).Select(member => member.Value!.ToJsonString()))));
        Assert.Equal(["/ 3 4 4 1", "/pricing 1 1 2 1"], Rows(report, "pages", "page", "people", "sessions", "events", "conversions"));
        Assert.Equal(["/ 3 4 5 10", "/pricing 1 1 3 19.99"], Rows(report, "entry_pages", "page", "people", "sessions", "events", "value")[..2].Order(StringComparer.Ordinal));
        Assert.Equal(["- 2 3", "google 1 2"], Rows(report, "sources", "source", "people", "sessions").Order(StringComparer.Ordinal));
        Assert.Equal(["direct 1 1", "organic search 1 2", "paid search 1 2"], Rows(report, "channels", "channel", "people", "sessions").Order(StringComparer.Ordinal));
        Assert.Equal(["bing.com 1 2", "- 2 3"], Rows(report, "referrers", "referrer", "people", "sessions").OrderDescending(StringComparer.Ordinal));
        Assert.Equal(["page_view 3 5 6", "purchase 2 2 2"], Rows(report, "events", "event", "people", "sessions", "events"));
        Assert.Equal(["shop.example 3 5 6"], Rows(report, "hosts", "host", "people", "sessions", "events"));
        Assert.Equal(["2024-05-24T10:00:00.000Z / 1", "2024-05-22T10:00:00.000Z /pricing 1"], report["journeys"]!.AsArray().Take(2).Select(row => $"{row!["time"]} {row["pages"]![0]} {row["conversions"]}"));
        Assert.Equal("2024-05-13T00:00:00.000Z", (string?)report["compare"]!["range"]!["from"]);
        Assert.Equal(1, (int)report["compare"]!["totals"]!["people"]!);
    }

    [Fact]
    public async Task A_funnel_and_its_people()
    {
        await ShopAsync();

        var report = await ReadAsync($"funnel?{Week}&steps=page_view[page=/],page_view[page=/pricing],purchase[plan=pro]");
        Assert.Equal(["page_view[page=/] 4 3", "page_view[page=/pricing] 2 1", "purchase[plan=pro] 1 1"], Rows(report, "steps", "event", "events", "people"));
        Assert.Equal(["3", "2"], await StepsAsync("steps=page_view,purchase&window=12h"));
        Assert.Equal(1, (int)(await ReadAsync($"funnel/people?{Week}&steps=page_view,purchase&step=2&outcome=dropped"))["total"]!);
        var converted = await ReadAsync($"funnel/people?{Week}&steps=page_view,purchase&step=2&outcome=converted");
        Assert.Equal(["ann@shop.example -", "- carl"], converted["people"]!.AsArray().Select(row => $"{(string?)row!["email"] ?? "-"} {((string?)row["email"] is null ? row["glue_user_id"] : "-")}"));
    }

    [Fact]
    public async Task Attribution_of_a_person_on_two_browsers()
    {
        await ShopAsync();

        Assert.Equal(
            ["direct 1 1 1 10", "paid search 1 2 1 19.99", "organic search 1 2 0 0"],
            Rows(await ReadAsync($"attribution?{Week}&conversion=purchase&value=value&by=channel&model=last_non_direct"), "rows", "key", "people", "touches", "conversions", "value"));
        Assert.Equal(["google 1 2 1", "- 2 3 0"], Rows(await ReadAsync($"attribution?{Week}"), "rows", "key", "people", "touches", "conversions"));
    }

    [Fact]
    public async Task Paths_retention_and_people()
    {
        await ShopAsync();

        var paths = await ReadAsync($"paths?{Week}&steps=3");
        Assert.Equal(["1 / 4", "1 /pricing 1", "2 purchase 2"], Rows(paths, "nodes", "step", "node", "sessions"));
        Assert.Equal(["1 / exit 3", "1 / purchase 1", "1 /pricing purchase 1", "2 purchase exit 2"], Rows(paths, "links", "step", "from", "to", "sessions"));
        Assert.Equal(["3 [3]"], (await ReadAsync($"retention?{Week}&interval=week"))["cohorts"]!.AsArray().Select(row => $"{row!["people"]} {row["cells"]!.ToJsonString()}"));

        var people = await ReadAsync($"people?{Week}&q=ANN@");
        Assert.Equal(["ann@shop.example paid search 4 6"], Rows(people, "people", "email", "first_channel", "sessions", "events"));
        var first = await ReadAsync($"people?{Week}&limit=2");
        var second = await ReadAsync($"people?{Week}&limit=2&after={first["next_after"]}");
        Assert.Equal(3, first["people"]!.AsArray().Concat(second["people"]!.AsArray()).Select(row => (string)row!["id"]!).Distinct().Count());
        Assert.Null(second["next_after"]);
        var id = (string)people["people"]![0]!["id"]!;
        Assert.Equal(1, (int)(await ReadAsync($"overview?{Week}&person={id}"))["totals"]!["people"]!);
    }

    [Theory]
    [InlineData("source=google", 1, 2)]
    [InlineData("source=!google", 2, 3)]
    [InlineData("source=goo*", 1, 2)]
    [InlineData("source=(none)", 2, 3)]
    [InlineData("channel=direct&channel=paid search", 2, 3)]
    [InlineData("page=/pricing", 1, 1)]
    [InlineData("page=shop.example/pricing", 1, 1)]
    [InlineData("event=purchase", 2, 2)]
    [InlineData("event=purchase&page=/nowhere", 0, 0)]
    [InlineData("entry_page=/pricing", 1, 1)]
    [InlineData("referrer=bing.com", 1, 2)]
    [InlineData("source=google&touch=first", 1, 2)]
    [InlineData("host=shop.example", 3, 5)]
    [InlineData("country=(none)", 3, 5)]
    [InlineData("person=nobody", 0, 0)]
    [InlineData("source=' OR 1=1 --", 0, 0)]
    public async Task Filters_keep_sessions(string filters, int people, int sessions)
    {
        await ShopAsync();

        var totals = (await ReadAsync($"overview?{Week}&{filters.Replace(" ", "%20", StringComparison.Ordinal)}"))["totals"]!;

        Assert.Equal($"{people} {sessions}", $"{totals["people"]} {totals["sessions"]}");
        Assert.Equal(people, (int)(await ReadAsync($"people?{Week}&{filters.Replace(" ", "%20", StringComparison.Ordinal)}"))["total"]!);
    }

    [Fact]
    public async Task What_bots_do_changes_no_figure_unless_it_is_asked_for()
    {
        await ShopAsync();
        var before = (await app.GetAsync($"/glue/reports/overview?{Week}")).Body;
        (await app.SendAsync("POST", "/glue/track", $$"""{"glue_user_id":"bot","event":"page_view","timestamp":"2024-05-21T10:00:00Z","properties":{"url":"{{Page}}/"} }""", ("user-agent", "Googlebot/2.1"))).IsOk();

        Assert.Equal(before, (await app.GetAsync($"/glue/reports/overview?{Week}")).Body);
        Assert.Equal(4, (int)(await ReadAsync($"overview?{Week}&bots=include"))["totals"]!["people"]!);
    }

    [Fact]
    public async Task Nothing_is_an_answer_too()
    {
        foreach (var report in new[] { "overview", "funnel?steps=a,b", "attribution", "paths", "retention", "people" })
        {
            Assert.True((bool)(await ReadAsync(report))["success"]!);
        }
    }

    [Theory]
    [InlineData("funnel", "steps is required: names of events in their order, like steps=page_view,form_submit,purchase")]
    [InlineData("funnel?steps=,", "'' is no step; a step is the name of an event, and may have one condition like page_view[page=/pricing] or purchase[plan=pro]; '' is no step; a step is the name of an event, and may have one condition like page_view[page=/pricing] or purchase[plan=pro]")]
    [InlineData("funnel?steps=a[b", "'a[b' is no step; a step is the name of an event, and may have one condition like page_view[page=/pricing] or purchase[plan=pro]")]
    [InlineData("funnel?steps=a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a", "steps must be 1 to 20 names of events, separated by commas")]
    [InlineData("funnel?steps=a,b&window=0d", "window must be a time like 30m, 12h or 14d, to 3650d")]
    [InlineData("funnel?steps=a,b&window=99999999999999999999d", "window must be a time like 30m, 12h or 14d, to 3650d")]
    [InlineData("funnel?steps=a,b&exclude=a", "exclude must be other events than the steps")]
    [InlineData("funnel/people?steps=a,b&step=3", "step must be a whole number from 1 to 2")]
    [InlineData("funnel/people?steps=a,b&outcome=dropped", "step must be at least 2 for outcome=dropped")]
    [InlineData("attribution?by=nothing", "by must be channel or one of utm_source, utm_medium, utm_campaign, utm_term, utm_content, gclid, gbraid, wbraid, fbclid, msclkid, ttclid, twclid, li_fat_id, referrer, landing_page")]
    [InlineData("overview?limit=0", "limit must be a whole number from 1 to 1000")]
    [InlineData("overview?limit=5&limit=6", "limit appears 2 times; give it once")]
    [InlineData("overview?interval=hour&from=2020-01-01", "interval=hour gives more than 400 points over this range; take a longer interval or a shorter range")]
    [InlineData("overview?interval=decade", "interval must be one of hour, day, week, month")]
    [InlineData("overview?fields=totals,everything", "fields must be some of totals, series, pages, entry_pages, sources, channels, campaigns, referrers, events, hosts, countries, devices, browsers, journeys, separated by commas")]
    [InlineData("paths?steps=11", "steps must be a whole number from 2 to 10")]
    [InlineData("people?after=x", "after must be what the page before has as next_after")]
    public async Task Bad_input_is_told(string request, string error) => (await app.GetAsync("/glue/reports/" + request)).IsError(HttpStatusCode.BadRequest, error);

    [Fact]
    public async Task What_is_not_known_is_told_with_what_is()
    {
        var reply = await app.GetAsync("/glue/reports/paths?colour=red");
        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.StartsWith("colour is not known here; known are bots, browser, campaign, channel,", reply.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_newest_events_are_paged_and_tell_where_each_came_from()
    {
        await ShopAsync();

        var first = await ReadAsync($"events?{Week}&limit=3");
        Assert.Equal(["purchase", "page_view", "purchase"], first["events"]!.AsArray().Select(row => (string)row!["event"]!));
        var all = new List<JsonNode?>();
        var next = "";
        do
        {
            var page = await ReadAsync($"events?{Week}&limit=3{next}");
            all.AddRange(page["events"]!.AsArray());
            next = page["next_after"] is { } after ? $"&after={Uri.EscapeDataString((string)after!)}" : "";
        }
        while (next.Length > 0);

        Assert.Equal(8, all.Select(row => (string)row!["event_id"]!).Distinct().Count());
        var paid = all.Find(row => (string?)row!["channel"] == "paid search")!;
        Assert.Equal("""{"utm_source":"google","utm_medium":"cpc"}""", paid["why"]!.ToJsonString());
        Assert.Equal(all.Where(row => (bool)row!["identified"]!).Select(row => (string)row!["person"]!).Distinct(), [(string)paid["person"]!]);
        Assert.Equal(2, (await ReadAsync($"events?{Week}&event=purchase"))["events"]!.AsArray().Count);
    }

    [Fact]
    public async Task Values_are_those_that_exist()
    {
        await ShopAsync();

        Assert.Equal(["page_view 6", "purchase 2"], Rows(await ReadAsync($"values?{Week}&of=event"), "values", "value", "count"));
        Assert.Equal(["/pricing 2"], Rows(await ReadAsync($"values?{Week}&of=page&q=/p"), "values", "value", "count"));
        Assert.Equal(["free 1", "pro 1"], Rows(await ReadAsync($"values?{Week}&of=property:plan"), "values", "value", "count"));
        (await app.GetAsync("/glue/reports/values?of=colour")).IsError(HttpStatusCode.BadRequest, "of is required: event, page, or property:NAME");
    }

    [Fact]
    public async Task The_same_question_has_the_same_tag_until_something_is_stored()
    {
        await ShopAsync();
        var tag = (await app.GetAsync("/glue/reports/overview")).Header("ETag")!;

        Assert.Equal(HttpStatusCode.NotModified, (await app.SendAsync("GET", "/glue/reports/overview", null, ("If-None-Match", tag))).Status);
        Assert.Equal(HttpStatusCode.OK, (await app.SendAsync("GET", "/glue/reports/overview?limit=5", null, ("If-None-Match", tag))).Status);
        await TrackAsync("carl", "page_view", "2024-05-31T10:00:00Z", "/", "c2");
        Assert.Equal(HttpStatusCode.OK, (await app.SendAsync("GET", "/glue/reports/overview", null, ("If-None-Match", tag))).Status);
    }

    [Fact]
    public async Task The_status_names_what_there_is_and_origins_that_were_refused()
    {
        using var named = new ServerApp(("API_KEY", "secret-key-0123456789"), ("ALLOWED_ORIGINS", "https://shop.example"));
        (string, string)[] key = [("x-api-key", "secret-key-0123456789")];
        (await named.SendAsync("POST", "/glue/track", """{"glue_user_id":"a","event":"e","timestamp":1704376800000}""", key)).IsOk();
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(HttpStatusCode.Forbidden, (await named.SendAsync("POST", "/glue/track", "{}", ("Origin", "https://www.shop.example"))).Status);
        }

        Assert.Equal(
            """{"success":true,"first_event":"2024-01-04T14:00:00.000Z","last_event":"2024-01-04T14:00:00.000Z","rows":{"events":1,"users":1,"identities":0,"sessions":0},"outbox":0,"countries":false,"refused_origins":[{"origin":"https://www.shop.example","count":2}]}""",
            (await named.SendAsync("GET", "/glue/status", null, key)).IsOk().Body);
        named.Clock.Advance(TimeSpan.FromHours(24));
        Assert.Empty((await named.SendAsync("GET", "/glue/status", null, key)).Json["refused_origins"]!.AsArray());
    }

    [Theory]
    [InlineData("events", 8)]
    [InlineData("users", 4)]
    [InlineData("identities", 2)]
    [InlineData("sessions", 0)]
    [InlineData("people", 3)]
    public async Task An_export_has_every_row_of_the_range(string table, int rows)
    {
        await ShopAsync();

        var lines = (await app.GetAsync($"/glue/export?table={table}&from=2024-05-20&to=2024-05-27T00:00:00Z")).IsOk().Body.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(rows, lines.Length);
        Assert.All(lines, line => Assert.NotNull(JsonNode.Parse(line)));
    }

    [Theory]
    [InlineData("events")]
    [InlineData("users")]
    [InlineData("identities")]
    [InlineData("sessions")]
    [InlineData("people")]
    public async Task Csv_begins_with_the_columns_of_its_rows(string table)
    {
        await ShopAsync();
        (await app.SyncAsync("""{"glue_user_id":"laptop","synced_at":"2024-05-21T10:00:00Z","data":{"sessions":[{"id":"s1"}]} }""")).IsOk();
        var row = JsonNode.Parse((await app.GetAsync($"/glue/export?table={table}&from=2024-05-20")).IsOk().Body.Split('\n')[0])!.AsObject();

        var head = (await app.GetAsync($"/glue/export?table={table}&format=csv&from=2024-05-20")).IsOk().Body.Split("\r\n")[0];
        var empty = (await app.GetAsync($"/glue/export?table={table}&format=csv&from=2020-01-01&to=2020-01-02")).IsOk().Body;

        Assert.Equal(string.Join(',', row.Select(member => member.Key)), head);
        Assert.Equal(head + "\r\n", empty);
    }

    [Fact]
    public async Task An_export_is_not_compressed_where_that_is_refused() => Assert.Null(
        (await app.SendAsync("GET", $"/glue/export?table=events&{Week}", null, ("Accept-Encoding", "gzip;q=0, identity"))).Header("Content-Encoding"));

    [Fact]
    public async Task Csv_is_quoted_and_no_formula_runs()
    {
        foreach (var (id, name) in new[] { ("1", "=HYPERLINK(1)"), ("2", """a \"quoted\", name"""), ("3", "@SUM"), ("4", "-1") })
        {
            (await app.TrackAsync($$"""{"glue_user_id":"+a","event":"{{name}}","event_id":"{{id}}","timestamp":"2024-05-20T10:00:00Z","properties":{"n":-1,"list":[1,"x"]} }""")).IsOk();
        }

        var reply = (await app.SendAsync("GET", "/glue/export?table=events&format=csv&from=2024-05-20", null, ("Accept-Encoding", "identity"))).IsOk();

        var lines = reply.Body.Split("\r\n");
        Assert.StartsWith("event_id,glue_user_id,session_id,event,", lines[0], StringComparison.Ordinal);
        Assert.Equal(
            ["\"1\",\"'+a\",\"\",\"'=HYPERLINK(1)\"", "\"2\",\"'+a\",\"\",\"a \"\"quoted\"\", name\"", "\"3\",\"'+a\",\"\",\"'@SUM\"", "\"4\",\"'+a\",\"\",\"'-1\""],
            lines[1..5].Select(line => line[..line.IndexOf(",\"2024", StringComparison.Ordinal)]));
        Assert.Contains("\"{\"\"n\"\":-1,\"\"list\"\":[1,\"\"x\"\"]}\"", lines[1], StringComparison.Ordinal);
        Assert.Equal("text/csv", reply.Message.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task An_export_is_compressed_where_that_is_accepted()
    {
        await ShopAsync();
        var reply = await app.SendAsync("GET", $"/glue/export?table=events&{Week}", null, ("Accept-Encoding", "br, gzip"));

        Assert.Equal("gzip", reply.Header("Content-Encoding"));
        using var zip = new System.IO.Compression.GZipStream(await reply.Message.Content.ReadAsStreamAsync(), System.IO.Compression.CompressionMode.Decompress);
        using var text = new StreamReader(zip);
        Assert.Equal(8, (await text.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task Events_come_live()
    {
        await TrackAsync("before", "page_view", "2024-05-31T10:00:00Z", "/");
        using var live = await app.Client.GetAsync(app.Address("/glue/live"), HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await live.Content.ReadAsStreamAsync());
        Assert.Equal(": listening", await lines.ReadLineAsync());

        await TrackAsync("ann", "purchase", "2024-05-31T10:00:00Z", "/pay");

        string? line;
        do
        {
            line = await lines.ReadLineAsync();
        }
        while (line is { Length: 0 });

        var said = JsonNode.Parse(line!["data: ".Length..])!;
        Assert.Equal("purchase /pay 0", $"{said["events"]![0]!["event"]} {((string)said["events"]![0]!["page"]!)["shop.example".Length..]} {said["more"]}");
    }

    [Fact]
    public async Task A_person_of_an_account_is_found_by_an_email_that_was_named_beside_it()
    {
        await TrackAsync("a", "page_view", "2024-05-21T10:00:00Z", "/");
        await app.IdentifyAsync("""{"glue_user_id":"a","email":"Eve@shop.example","user_id":"u-9","timestamp":"2024-05-21T10:00:00Z"}""");

        Assert.Equal(["eve@shop.example u-9 a"], Rows(await ReadAsync($"people?{Week}&q=eve@"), "people", "email", "user_id", "glue_user_id"));
        Assert.Equal(["eve@shop.example u-9 a"], Rows(await ReadAsync($"people?{Week}&q=u-"), "people", "email", "user_id", "glue_user_id"));
    }

    [Fact]
    public async Task A_page_is_named_by_its_path_or_with_its_host_where_there_are_several()
    {
        await ShopAsync();
        await app.TrackAsync("""{"glue_user_id":"dan","event":"page_view","session_id":"d","timestamp":"2024-05-21T10:00:00Z","properties":{"url":"https://blog.example/pricing"}}""");

        Assert.Equal(["blog.example/pricing 1", "shop.example/ 4", "shop.example/pricing 1"], Rows(await ReadAsync($"overview?{Week}"), "pages", "page", "sessions").Order(StringComparer.Ordinal));
        Assert.Equal(["blog.example/pricing 1", "shop.example/pricing 1"], Rows(await ReadAsync($"paths?{Week}&start=/pricing&steps=2"), "nodes", "node", "sessions").Where(node => !node.StartsWith("purchase", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Equal(2, (int)(await ReadAsync($"overview?{Week}&landing_page=/"))["totals"]!["people"]!);
    }

    [Fact]
    public async Task Who_came_before_events_expired_is_not_new()
    {
        using var brief = new ServerApp(("RETENTION_DAYS", "30"));
        await brief.TrackAsync("""{"glue_user_id":"a","event":"page_view","timestamp":"2024-03-01T10:00:00Z"}""");
        await brief.TrackAsync("""{"glue_user_id":"a","event":"page_view","timestamp":"2024-05-21T10:00:00Z"}""");
        await Poll.UntilAsync(() =>
        {
            brief.Clock.Advance(TimeSpan.FromSeconds(61));
            return Task.FromResult(brief.Query("SELECT count(*) FROM events")[0] == "1");
        });

        var totals = (await brief.GetAsync($"/glue/reports/overview?{Week}")).IsOk().Json["totals"]!;
        Assert.Equal("1 0", $"{totals["people"]} {totals["new_people"]}");
    }

    [Fact]
    public async Task A_session_is_whole_whatever_the_range()
    {
        await TrackAsync("a", "page_view", "2024-05-21T23:59:00Z", "/", "n");
        await TrackAsync("a", "page_view", "2024-05-22T00:01:00Z", "/", "n");

        var alone = (await ReadAsync("overview?from=2024-05-21&to=2024-05-21"))["totals"]!;
        var compared = (await ReadAsync("overview?from=2024-05-22&to=2024-05-22&compare=previous"))["compare"]!["totals"]!;

        Assert.Equal(alone.ToJsonString(), compared.ToJsonString());
        Assert.Equal("1 0 120", $"{alone["events"]} {alone["bounce_rate"]} {alone["median_session_seconds"]}");
    }

    [Fact]
    public async Task Many_campaigns_in_one_session_cost_no_more_than_as_many_events()
    {
        var items = Enumerable.Range(0, 20_000).Select(i => $$"""{"type":"track","glue_user_id":"a","event":"e","session_id":"s","event_id":"{{i}}","timestamp":{{1_716_200_000_000 + i}},"context":{"utm_campaign":"c{{i}}"} }""");
        foreach (var batch in items.Chunk(1_000))
        {
            (await app.BatchAsync($$"""{"batch":[{{string.Join(',', batch)}}]}""")).IsOk();
        }

        Assert.Equal(20_000, (int)(await ReadAsync("attribution?from=2024-05-20&by=utm_campaign"))["totals"]!["touches"]!);
    }

    [Fact]
    public async Task Head_is_answered_wherever_get_is()
    {
        foreach (var path in new[] { "reports/overview", "reports/events", "status", "export?table=events", "live" })
        {
            Assert.Equal(HttpStatusCode.OK, (await app.SendAsync("HEAD", "/glue/" + path)).Status);
        }
    }

    [Fact]
    public async Task Only_the_owner_is_answered()
    {
        using var closed = new ServerApp(("API_KEY", "secret-key-0123456789"), ("WRITE_KEYS", "public-key-0123456789"));
        Assert.Equal(HttpStatusCode.Unauthorized, (await closed.GetAsync("/glue/reports/overview")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await closed.SendAsync("GET", "/glue/reports/overview", null, ("x-api-key", "public-key-0123456789"))).Status);
        (await closed.SendAsync("GET", "/glue/reports/overview", null, ("x-api-key", "secret-key-0123456789"))).IsOk();
    }

    public void Dispose() => app.Dispose();

    // Ann comes by an advertisement on her laptop, comes back, identifies on her phone and buys. Bob looks twice, by a search. Carl buys at once.
    private async Task ShopAsync()
    {
        await TrackAsync("old", "page_view", "2024-05-14T10:00:00Z", "/");
        await TrackAsync("laptop", "page_view", "2024-05-20T10:00:00Z", "/?utm_source=google&utm_medium=cpc", "s1");
        await TrackAsync("bob", "page_view", "2024-05-20T11:00:00Z", "/", "b1", referrer: "https://www.bing.com/");
        await TrackAsync("bob", "page_view", "2024-05-21T11:00:00Z", "/", "b2", referrer: "https://www.bing.com/");
        await app.IdentifyAsync("""{"glue_user_id":"laptop","email":"ann@shop.example","timestamp":"2024-05-20T10:00:01Z"}""");
        await app.IdentifyAsync("""{"glue_user_id":"phone","email":"Ann@shop.example","timestamp":"2024-05-22T10:00:10Z"}""");
        await TrackAsync("phone", "page_view", "2024-05-22T10:00:00Z", "/pricing?utm_source=google&utm_medium=cpc", "s2");
        await TrackAsync("phone", "page_view", "2024-05-22T10:00:30Z", "/pricing", "s2");
        await TrackAsync("phone", "purchase", "2024-05-22T10:01:00Z", "/pay", "s2", more: ""","value":19.99,"plan":"pro" """);
        await TrackAsync("carl", "page_view", "2024-05-24T10:00:00Z", "/", "c1");
        await TrackAsync("carl", "purchase", "2024-05-24T10:00:20Z", "/pay", "c1", more: ""","value":10,"plan":"free" """);
        await TrackAsync("phone", "page_view", "2024-05-28T10:00:00Z", "/", "s3");
        await TrackAsync("laptop", "page_view", "2024-05-28T10:00:00Z", "/", "s4");
    }

    private async Task TrackAsync(string user, string name, string time, string path, string session = "s", string? referrer = null, string more = "") => (await app.TrackAsync(
        $$"""{"glue_user_id":"{{user}}","event":"{{name}}","timestamp":"{{time}}","session_id":"{{session}}","properties":{"url":"{{Page}}{{path}}"{{more}}},"context":{"page":{"url":"{{Page}}{{path}}","referrer":{{(referrer is null ? "null" : $"\"{referrer}\"")}} } } }""")).IsOk();

    private async Task<JsonNode> ReadAsync(string request) => (await app.GetAsync("/glue/reports/" + request)).IsOk().Json;

    private async Task<IEnumerable<string>> StepsAsync(string parameters) => Rows(await ReadAsync($"funnel?{Week}&{parameters}"), "steps", "people");

    private static List<string> Rows(JsonNode report, string list, params string[] columns) =>
        [.. report[list]!.AsArray().Select(row => string.Join(' ', columns.Select(column => row![column] is { } value ? value.ToString() : "-")))];
}
