using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Model;

/// <summary>Events of one browser expire; what they gave its profile stays.</summary>
/// <param name="base">What earlier ones have left; null where none has expired.</param>
/// <param name="before">The time before which they expire.</param>
/// <param name="now">In milliseconds since 1970.</param>
internal sealed class ExpireWrite(string user, IReadOnlyList<ExpiredEventRow> events, BaseTimesRow? @base, string before, long now) : Write("expire")
{
    public long Count { get; private set; } // how many there were

    public override void Bind(Binder values)
    {
        var (first, last) = (Text(events.Select(row => row.Timestamp).Append(@base?.FirstSeen).Min(StringComparer.Ordinal)), Text(events.Select(row => row.Timestamp).Append(@base?.LastSeen).Max(StringComparer.Ordinal)));
        values.Set("user", Utf8Text.From(user));
        values.Set("before", Text(before));
        values.Set("ids", Utf8Text.From($"[{string.Join(',', events.Select(row => row.Id))}]"));
        values.Set("first_seen", first);
        values.Set("last_seen", last);
        values.Set("fingerprint", IdentityWrite.FingerprintOf(default, default, null, null, first, last, default));
        values.Set("touches", Utf8Text.From(JsonSerializer.Serialize(Touches(), ServerJson.Wire.ListListString)));
        values.SetInstant("now", now);
    }

    public override void Read(Row answer) => Count = answer.Number("count");

    // The first, and the last that counts: the others decide nothing any more.
    private List<List<string>> Touches()
    {
        var touches = events.Where(row => row.Touch is not null).OrderBy(row => new EventKey(row.Timestamp, row.EventId), EventKey.Utf8Order).ToList();
        return [.. new[] { touches.FirstOrDefault(), touches.FindLast(row => row.TouchCounts != 0) }.OfType<ExpiredEventRow>().Distinct().Select(Touch)];
    }

    private static List<string> Touch(ExpiredEventRow row)
    {
        var fingerprint = unchecked((long)IdentityWrite.FingerprintOf(default, default, null, null, default, default, Text(row.Touch)));
        return [row.EventId, row.Timestamp, row.Touch!, row.TouchCounts == 0 ? "0" : "1", fingerprint.ToString(CultureInfo.InvariantCulture)];
    }

    private static Utf8Text Text(string? text) => Utf8Text.From(text);
}

/// <summary>An event that expires.</summary>
internal sealed class ExpiredEventRow
{
    public long Id { get; set; }
    public string GlueUserId { get; set; } = "";
    public string Timestamp { get; set; } = "";
    public string EventId { get; set; } = "";
    public string? Touch { get; set; }
    public long TouchCounts { get; set; } // 1 where it may be a last touch
}

/// <summary>From when to when a browser was there by events that have expired.</summary>
internal sealed class BaseTimesRow
{
    public string GlueUserId { get; set; } = "";
    public string? FirstSeen { get; set; }
    public string? LastSeen { get; set; }
}
