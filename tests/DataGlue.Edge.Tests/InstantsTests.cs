using System.Globalization;
using CsCheck;

namespace DataGlue.Edge.Tests;

/// <summary>Reading instants in every form, beside a second implementation that knows what was written.</summary>
public sealed class InstantsTests
{
    private static readonly DateTime Epoch = new(1970, 1, 1);

    // Each writes hour, minute, second and fraction, and says what of them it has left out.
    private static readonly (string Name, Func<Moment, string> Write, Func<Moment, TimeSpan> Means)[] Times =
    [
        ("extended", moment => $"{moment.Hour:00}:{moment.Minute:00}:{moment.Second:00}", moment => new TimeSpan(moment.Hour, moment.Minute, moment.Second)),
        ("basic", moment => $"{moment.Hour:00}{moment.Minute:00}{moment.Second:00}", moment => new TimeSpan(moment.Hour, moment.Minute, moment.Second)),
        ("point", moment => $"{moment.Hour:00}:{moment.Minute:00}:{moment.Second:00}.{moment.Fraction}",
            moment => new TimeSpan(moment.Hour, moment.Minute, moment.Second) + moment.PartOf(TimeSpan.FromSeconds(1))),
        ("comma, basic", moment => $"{moment.Hour:00}{moment.Minute:00}{moment.Second:00},{moment.Fraction}",
            moment => new TimeSpan(moment.Hour, moment.Minute, moment.Second) + moment.PartOf(TimeSpan.FromSeconds(1))),
        ("minutes", moment => $"{moment.Hour:00}:{moment.Minute:00}", moment => new TimeSpan(moment.Hour, moment.Minute, 0)),
        ("part of a minute", moment => $"{moment.Hour:00}{moment.Minute:00}.{moment.Fraction}",
            moment => new TimeSpan(moment.Hour, moment.Minute, 0) + moment.PartOf(TimeSpan.FromMinutes(1))),
        ("hours", moment => $"{moment.Hour:00}", moment => new TimeSpan(moment.Hour, 0, 0)),
        ("part of an hour", moment => $"{moment.Hour:00},{moment.Fraction}", moment => new TimeSpan(moment.Hour, 0, 0) + moment.PartOf(TimeSpan.FromHours(1))),
        ("end of the day", _ => "24:00:00.000", _ => TimeSpan.FromDays(1)),
    ];

    private static readonly (Func<int, string> Write, Func<int, int> Means)[] Offsets =
    [
        (_ => "", _ => 0), (_ => "Z", _ => 0), (_ => "z", _ => 0),
        (minutes => Signed(minutes, $"{Math.Abs(minutes) / 60:00}:{Math.Abs(minutes) % 60:00}"), minutes => minutes),
        (minutes => Signed(minutes, $"{Math.Abs(minutes) / 60:00}{Math.Abs(minutes) % 60:00}"), minutes => minutes),
        (minutes => Signed(minutes, $"{Math.Abs(minutes) / 60:00}"), minutes => minutes / 60 * 60),
    ];

    [Fact]
    public void Every_form_of_every_instant_is_read_to_the_millisecond() =>
        Gen.Select(
            Gen.Int[0, 140_000], Gen.Select(Gen.Int[0, 23], Gen.Int[0, 59], Gen.Int[0, 59], Gen.String[Gen.Char['0', '9'], 1, 15]), Gen.Int[0, 8].Select(i => Times[i]), Gen.Int[0, 5],
            Gen.Int[-1_439, 1_439], Gen.Char["Tt "], Gen.Bool).Sample(
            (day, clock, time, offset, minutes, separator, isBasic) =>
            {
                var moment = new Moment(clock.Item1, clock.Item2, clock.Item3, clock.Item4);
                var date = Epoch.AddDays(day);
                var text = date.ToString(isBasic ? "yyyyMMdd" : "yyyy-MM-dd", CultureInfo.InvariantCulture) + separator + time.Write(moment) + Offsets[offset].Write(minutes);
                var ticks = (date - Epoch + time.Means(moment) - TimeSpan.FromMinutes(Offsets[offset].Means(minutes))).Ticks;

                Assert.True(Instants.TryParse(text, out var instant), $"{time.Name}: {text}");
                Assert.True(instant == (long)decimal.Floor((decimal)ticks / TimeSpan.TicksPerMillisecond), $"{time.Name}: {text} is not {Instants.Format(instant)}");
            },
            iter: 50_000);

    [Theory]
    [InlineData("2024-01-04", "2024-01-04T00:00:00.000Z")]
    [InlineData("2024-02-29T23:59:59.999999999999999Z", "2024-02-29T23:59:59.999Z")]
    [InlineData("20240104T140000Z", "2024-01-04T14:00:00.000Z")]
    [InlineData("2024-01-04T16:00:00+02", "2024-01-04T14:00:00.000Z")]
    [InlineData("2024-01-04T16:00:00+0200", "2024-01-04T14:00:00.000Z")]
    [InlineData("2024-01-04T14:00:00-00:00", "2024-01-04T14:00:00.000Z")]
    [InlineData("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z")]
    [InlineData("2016-12-31T23:59:60.75Z", "2017-01-01T00:00:00.750Z")]
    [InlineData("2016-12-31T15:59:60-08:00", "2017-01-01T00:00:00.000Z")]
    [InlineData("20170101T085960+0900", "2017-01-01T00:00:00.000Z")]
    [InlineData("2023-12-31T24:00Z", "2024-01-01T00:00:00.000Z")]
    [InlineData("20231231T240000,0Z", "2024-01-01T00:00:00.000Z")]
    [InlineData("2023-12-31T24", "2024-01-01T00:00:00.000Z")]
    [InlineData("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z")]
    [InlineData("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.999Z")]
    public void The_forms_at_the_borders(string text, string instant)
    {
        Assert.True(Instants.TryParse(text, out var read));
        Assert.Equal(instant, Instants.Format(read));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("now")]
    [InlineData("2024")]
    [InlineData("2024-01")]
    [InlineData("20240104")]
    [InlineData("2024-0104")]
    [InlineData("2024-1-4")]
    [InlineData("2024-00-01")]
    [InlineData("2024-13-01")]
    [InlineData("2024-01-00")]
    [InlineData("2024-02-30")]
    [InlineData("2023-02-29T00:00Z")]
    [InlineData("0000-01-01")]
    [InlineData("2024-01-04T")]
    [InlineData("2024-01-04Z")]
    [InlineData("2024-01-04X14:00")]
    [InlineData("2024-01-04T1")]
    [InlineData("2024-01-04T14:")]
    [InlineData("2024-01-04T14:0")]
    [InlineData("2024-01-04T14:00:")]
    [InlineData("2024-01-04T140")]
    [InlineData("2024-01-04T14:60Z")]
    [InlineData("2024-01-04T14:00:61Z")]
    [InlineData("2024-01-04T14:00:60Z")]
    [InlineData("2024-01-04T23:59:60+01:00")]
    [InlineData("2024-01-04T24:00:01Z")]
    [InlineData("2024-01-04T24:01Z")]
    [InlineData("2024-01-04T24:00:00.001Z")]
    [InlineData("2024-01-04T25:00Z")]
    [InlineData("2024-01-04T14:00:00.Z")]
    [InlineData("2024-01-04T14:00:00+")]
    [InlineData("2024-01-04T14:00:00+2")]
    [InlineData("2024-01-04T14:00:00+24:00")]
    [InlineData("2024-01-04T14:00:00+02:60")]
    [InlineData("2024-01-04T14:00:00+02:")]
    [InlineData("2024-01-04T14:00:00ZZ")]
    [InlineData("2024-01-04T14:00:00Z ")]
    [InlineData("２024-01-04")]
    [InlineData("0001-01-01T00:00:00+00:01")]
    [InlineData("9999-12-31T23:59:59-00:01")]
    [InlineData("9999-12-31T24:00Z")]
    public void What_names_no_instant_is_not_read(string text) => Assert.False(Instants.TryParse(text, out _));

    private static string Signed(int minutes, string text) => (minutes < 0 ? "-" : "+") + text;

    private sealed record Moment(int Hour, int Minute, int Second, string Fraction)
    {
        public TimeSpan PartOf(TimeSpan whole) => new((long)decimal.Floor(decimal.Parse("0." + Fraction[..Math.Min(Fraction.Length, 12)], CultureInfo.InvariantCulture) * whole.Ticks));
    }
}
