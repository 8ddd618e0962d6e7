using DataGlue.Edge.Http;

namespace DataGlue.Edge.Reports;

/// <summary>The parameters of a report. What is wrong with them is told at once; what no part of the report has asked for is not known.</summary>
internal sealed class ReportQuery(IQueryCollection query)
{
    private const int MaxLength = 1_000;

    private readonly SortedSet<string> known = new(StringComparer.Ordinal);
    private readonly List<string> faults = [];

    public void Fault(string sentence) => faults.Add(sentence);

    /// <summary>The value of a parameter; null where it is absent or blank.</summary>
    public string? Text(string name)
    {
        known.Add(name);
        if (query[name].Count > 1)
        {
            Fault($"{name} appears {query[name].Count} times; give it once");
        }

        return Bounded(name, query[name].FirstOrDefault());
    }

    /// <summary>All values of a parameter.</summary>
    public List<string> Texts(string name)
    {
        known.Add(name);
        return [.. query[name].Select(value => Bounded(name, value)).OfType<string>()];
    }

    public int Number(string name, int fallback, int least, int most)
    {
        if (Text(name) is not { } text)
        {
            return fallback;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
        {
            return number;
        }

        Fault($"{name} must be a whole number from {least} to {most}");
        return fallback;
    }

    /// <summary>One of some words.</summary>
    public T Choice<T>(string name, T fallback, params ReadOnlySpan<(string Word, T Value)> choices)
    {
        if (Text(name) is not { } text)
        {
            return fallback;
        }

        var words = new List<string>();
        foreach (var (word, value) in choices)
        {
            if (word == text)
            {
                return value;
            }

            words.Add(word);
        }

        Fault($"{name} must be one of {string.Join(", ", words)}");
        return fallback;
    }

    /// <summary>A time like <c>30m</c>, <c>12h</c>, <c>14d</c>, in milliseconds.</summary>
    public long Duration(string name, long fallback)
    {
        const long mostDays = 3_650;
        if (Text(name) is not { } text)
        {
            return fallback;
        }

        var unit = text[^1] switch { 'm' => 60_000L, 'h' => 3_600_000L, 'd' => 86_400_000L, _ => 0 };
        if (unit > 0 && long.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0 && count <= mostDays * 86_400_000 / unit)
        {
            return count * unit;
        }

        Fault($"{name} must be a time like 30m, 12h or 14d, to {mostDays}d");
        return fallback;
    }

    /// <summary>Ends the reading: every parameter that there is must have been asked for.</summary>
    /// <exception cref="RequestException">400 with every fault.</exception>
    public void Require()
    {
        foreach (var name in query.Keys.Where(name => !known.Contains(name)).Order(StringComparer.Ordinal).Take(5))
        {
            Fault($"{(name.Length <= 40 ? name : name[..40])} is not known here; known are {string.Join(", ", known)}");
        }

        if (faults.Count > 0)
        {
            throw new RequestException(StatusCodes.Status400BadRequest, string.Join("; ", faults));
        }
    }

    private string? Bounded(string name, string? value)
    {
        if (value?.Length > MaxLength)
        {
            Fault($"{name} may have {MaxLength} characters at most");
            return null;
        }

        return string.IsNullOrWhiteSpace(value) ? null : value;
    }
}
