namespace DataGlue.Edge.Wire.Json;

/// <summary>Every fault of one body or item, so that the caller mends them all at once.</summary>
internal sealed class Faults
{
    private const int MaxListed = 20;

    private readonly List<string> sentences = [];

    private int unlisted;

    /// <summary>Whether there is none.</summary>
    public bool None => sentences.Count == 0;

    /// <summary>Adds a fault; the same one twice is said once.</summary>
    public void Add(string fault)
    {
        if (sentences.Contains(fault))
        {
            return;
        }

        if (sentences.Count < MaxListed)
        {
            sentences.Add(fault);
        }
        else
        {
            unlisted++;
        }
    }

    /// <summary>Forgets them.</summary>
    public void Clear()
    {
        sentences.Clear();
        unlisted = 0;
    }

    /// <summary>Puts a fault before the others.</summary>
    public void AddFirst(string fault) => sentences.Insert(0, fault);

    /// <summary>All of them in one sentence.</summary>
    public override string ToString()
    {
        var listed = string.Join("; ", sentences);
        return unlisted == 0 ? listed : $"{listed}; and {unlisted} more";
    }
}
