using System.Diagnostics.Metrics;
using DataGlue.Edge.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace DataGlue.Edge.Tests.Storage;

/// <summary>What a write costs does not grow with what its visitor has done before: counted in steps of SQLite's virtual machine, not in time.</summary>
public sealed class StepTests : IDisposable
{
    private const long Epoch = 1_704_376_800_000;
    private const int Short = 20;
    private const int Long = 2_000;

    private readonly ServerApp app = new();
    private readonly MeterListener listener = new();
    private long steps;

    public StepTests()
    {
        listener.InstrumentPublished = (instrument, self) =>
        {
            // Each server of this process has such a meter.
            if (instrument.Name == "dataglue.commit.steps" && instrument.Meter.Scope == app.Services.GetRequiredService<IMeterFactory>())
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, taken, _, _) => Interlocked.Add(ref steps, taken));
        listener.Start();
    }

    public static TheoryData<string, string> Writes => new()
    {
        { "identify", """{"glue_user_id":"USER","email":"late@example.com","event_id":"late-USER","timestamp":1704376800001,"traits":{"k1":1,"k2":null}}""" },
        { "identify", """{"glue_user_id":"USER","email":"e1@example.com","event_id":"i-1-USER","timestamp":"2020-01-01","traits":{"other":1},"context":{"gclid":"g"}}""" },
        { "identify", """{"glue_user_id":"USER","user_id":"acc","event_id":"acc-USER","timestamp":"2020-01-02"}""" },
        { "track", """{"glue_user_id":"USER","event":"e","event_id":"first-USER","timestamp":"2020-01-01","context":{"utm_source":"x"}}""" },
        { "track", """{"glue_user_id":"USER","event":"e","event_id":"t-1-USER","timestamp":"2020-01-02","context":{"utm_source":"x"}}""" },
        { "track", """{"glue_user_id":"USER","event":"e","event_id":"t-5-USER","timestamp":1704376805000}""" },
        { "sync", """{"glue_user_id":"USER","synced_at":1704376800001,"data":{"profile":{"email":"s@example.com","last_seen":9,"attribution":{"first_touch":{"utm_source":"y","timestamp":3}}}}}""" },
    };

    [Theory]
    [MemberData(nameof(Writes))]
    public async Task A_write_takes_about_as_many_steps_after_two_thousand_as_after_twenty(string verb, string body)
    {
        await FillAsync("short", Short);
        await FillAsync("long", Long);

        var few = await StepsOfAsync(verb, body.Replace("USER", "short", StringComparison.Ordinal));
        var many = await StepsOfAsync(verb, body.Replace("USER", "long", StringComparison.Ordinal));

        Assert.InRange(few, 100, 20_000);
        Assert.InRange(many, 0, few + 400);
        Assert.Empty(app.Differences());
    }

    [Fact]
    public async Task The_dearest_profile_of_a_thousand_keys_takes_a_bounded_number_of_steps()
    {
        for (var i = 0; i < 5; i++)
        {
            var keys = string.Join(',', Enumerable.Range(i * 250, 250).Select(key => $"\"key{key}\":{key}"));
            (await app.IdentifyAsync($$"""{"glue_user_id":"fat","email":"a@example.com","timestamp":{{Epoch + i}},"traits":{{{keys}}} }""")).IsOk();
        }

        Assert.InRange(await StepsOfAsync("identify", """{"glue_user_id":"fat","email":"a@example.com","timestamp":"2020-01-09","traits":{"key1":"late"}}"""), 10_000, 150_000);
    }

    public void Dispose()
    {
        listener.Dispose();
        app.Dispose();
    }

    // Identifications with traits in turn, events with and without touches, and e-mails that change.
    private async Task FillAsync(string user, int writes)
    {
        for (var start = 0; start < writes; start += 1_000)
        {
            var items = Enumerable.Range(start, Math.Min(writes - start, 1_000)).Select(i => i % 2 == 0
                ? $$"""{"type":"track","glue_user_id":"{{user}}","event":"e","event_id":"t-{{i + 1}}-{{user}}","timestamp":{{Epoch + (i * 1000)}},"context":{{(i % 4 == 0 ? """{"utm_source":"a"}""" : "{}")}} }"""
                : $$"""{"type":"identify","glue_user_id":"{{user}}","email":"e{{i / 6}}@example.com","event_id":"i-{{i}}-{{user}}","timestamp":{{Epoch + (i * 1000)}},"traits":{"k{{i % 3}}":{{i}}} }""");
            var reply = (await app.BatchAsync("{\"batch\":[" + string.Join(',', items) + "]}")).IsOk();
            Assert.DoesNotContain("rejected", reply.Body, StringComparison.Ordinal);
        }
    }

    private async Task<long> StepsOfAsync(string verb, string body)
    {
        var before = Interlocked.Read(ref steps);
        (await app.PostAsync("/glue/" + verb, body)).IsOk();
        return Interlocked.Read(ref steps) - before;
    }
}
