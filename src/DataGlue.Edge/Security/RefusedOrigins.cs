namespace DataGlue.Edge.Security;

/// <summary>The origins whose pages the door has refused in the last 24 hours: mostly a site that the owner has not listed yet. Bounded, since anybody may name any.</summary>
internal sealed class RefusedOrigins(TimeProvider clock)
{
    private const int MostOrigins = 100;
    private const int MaxLength = 255;
    private const int Hours = 24;

    private readonly Lock gate = new();
    private readonly Dictionary<string, long[]> counts = new(StringComparer.Ordinal); // of each hour of a day
    private long hour;

    public void Count(string origin)
    {
        lock (gate)
        {
            Turn();
            if (origin.Length <= MaxLength && (counts.Count < MostOrigins || counts.ContainsKey(origin)))
            {
                (counts.TryGetValue(origin, out var hours) ? hours : counts[origin] = new long[Hours])[hour % Hours]++;
            }
        }
    }

    /// <summary>Those of the last 24 hours, the most first.</summary>
    public List<(string Origin, long Count)> OfDay()
    {
        lock (gate)
        {
            Turn();
            return [.. counts.Select(origin => (origin.Key, Count: origin.Value.Sum())).OrderByDescending(origin => origin.Count).ThenBy(origin => origin.Key, StringComparer.Ordinal)];
        }
    }

    // Empties the hours that have come round.
    private void Turn()
    {
        var now = clock.GetUtcNow().ToUnixTimeSeconds() / 3_600;
        for (var next = Math.Max(hour + 1, now - Hours + 1); next <= now; next++)
        {
            foreach (var hours in counts.Values)
            {
                hours[next % Hours] = 0;
            }
        }

        hour = Math.Max(hour, now);
        foreach (var empty in counts.Where(origin => origin.Value.Sum() == 0).Select(origin => origin.Key).ToList())
        {
            counts.Remove(empty);
        }
    }
}
