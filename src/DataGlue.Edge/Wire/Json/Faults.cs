namespace DataGlue.Edge.Wire.Json;

/// <summary>Every fault of one body or item, so that the caller can correct them all at once.</summary>
internal sealed class Faults
{
    private const int MaxListed = 20;

    private readonly List<string> sentences = [];
    private int unlisted;

    public bool None => sentences.Count == 0;

    /// <summary>Adds a fault, unless it is there already.</summary>
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

    public void Clear()
    {
        sentences.Clear();
        unlisted = 0;
    }

    public void AddFirst(string fault) => sentences.Insert(0, fault);
    public override string ToString() => string.Join("; ", sentences) + (unlisted == 0 ? "" : $"; and {unlisted} more");
}
