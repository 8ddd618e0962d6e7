using System.Globalization;
using System.Text;

namespace DataGlue.Edge.Tests.Fuzz;

/// <summary>How often each endpoint gave each status.</summary>
internal sealed class FuzzTally
{
    /// <summary>No reply at all.</summary>
    public const string None = "none";

    private readonly Dictionary<(string Endpoint, string Status), int> counts = [];

    /// <summary>How many requests were counted.</summary>
    public int Requests => counts.Values.Sum();

    /// <summary>How many of them were answered with 200.</summary>
    public int Served => counts.Where(count => count.Key.Status == "200").Sum(count => count.Value);

    /// <summary>Counts the answer of a request.</summary>
    public void Add(string endpoint, RawReply? reply)
    {
        var status = reply is null ? None : reply.Status.ToString(CultureInfo.InvariantCulture) + (ReplyRules.IsBare(reply) ? " bare" : "");
        Add((endpoint, status), 1);
    }

    /// <summary>Counts what another has counted.</summary>
    public void Add(FuzzTally other)
    {
        foreach (var (key, count) in other.counts)
        {
            Add(key, count);
        }
    }

    /// <summary>A table, a row for each endpoint.</summary>
    public override string ToString()
    {
        var statuses = counts.Keys.Select(key => key.Status).Distinct().Order(StringComparer.Ordinal).ToArray();
        var table = new StringBuilder(Row("", statuses));
        foreach (var endpoint in counts.Keys.Select(key => key.Endpoint).Distinct().Order(StringComparer.Ordinal))
        {
            table.Append('\n').Append(Row(endpoint, statuses.Select(status => Text(counts.GetValueOrDefault((endpoint, status))))));
        }

        var sums = statuses.Select(status => Text(counts.Where(count => count.Key.Status == status).Sum(count => count.Value)));
        return table.Append('\n').Append(Row("all", sums)).ToString();
    }

    private void Add((string Endpoint, string Status) key, int count) => counts[key] = counts.GetValueOrDefault(key) + count;

    private static string Text(int count) => count.ToString(CultureInfo.InvariantCulture);

    private static string Row(string name, IEnumerable<string> cells) => name.PadRight(30) + string.Concat(cells.Select(cell => cell.PadLeft(9)));
}
