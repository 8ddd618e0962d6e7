namespace DataGlue.Edge.Wire.Json;

/// <summary>Every fault of one body or item, so that the caller can correct them all at once, and what was left out of it without being a fault.</summary>
internal sealed class Faults
{
    private Sentences faults;
    private Sentences leftOut;

    public bool None => Count == 0;

    /// <summary>How many have been added, repeated ones too: whoever reads a value learns so whether it has any.</summary>
    public int Count { get; private set; }

    /// <summary>What was left out, each in a sentence for the reply; the last may say how many more there are.</summary>
    public IReadOnlyList<string> Warnings => leftOut.Count == 0 ? [] : leftOut.All(" (left out)");

    /// <summary>Adds a fault, unless it is there already.</summary>
    public void Add(string fault)
    {
        Count++;
        faults.Add(fault);
    }

    public void AddFirst(string fault)
    {
        Count++;
        faults.AddFirst(fault);
    }

    /// <summary>Says why a value was left out, as though it had not been sent. That refuses nothing.</summary>
    public void LeaveOut(string why) => leftOut.Add(why);

    /// <summary>Takes the faults of a part.</summary>
    public void AddFaultsOf(Faults part) => AddAll(part.faults);

    /// <summary>Takes what a part has left out as faults: without it, the whole makes no sense.</summary>
    public void AddLeftOutOf(Faults part) => AddAll(part.leftOut);

    /// <summary>Takes what a part has left out, with its name before each.</summary>
    public void LeaveOutOf(Faults part, string name = "") => leftOut.AddAll(part.leftOut, name);

    /// <summary>Takes the faults of a part: each has left something out, and refuses nothing else.</summary>
    public void LeaveOutFaultsOf(Faults part) => leftOut.AddAll(part.faults, "");

    public void Clear()
    {
        Count = 0;
        (faults, leftOut) = (default, default);
    }

    private void AddAll(in Sentences others)
    {
        Count += others.Count;
        faults.AddAll(others, "");
    }

    public override string ToString() => string.Join("; ", faults.All());

    // The first twenty, and the number of the others.
    private struct Sentences
    {
        private const int MaxListed = 20;

        private List<string>? listed;
        private int unlisted;

        public readonly int Count => (listed?.Count ?? 0) + unlisted;

        public void Add(string sentence)
        {
            listed ??= [];
            if (listed.Count < MaxListed)
            {
                if (!listed.Contains(sentence))
                {
                    listed.Add(sentence);
                }
            }
            else
            {
                unlisted += listed.Contains(sentence) ? 0 : 1;
            }
        }

        public void AddFirst(string sentence) => (listed ??= []).Insert(0, sentence);

        public void AddAll(Sentences others, string before)
        {
            for (var i = 0; i < others.listed?.Count; i++)
            {
                Add(before + others.listed[i]);
            }

            unlisted += others.unlisted;
        }

        public readonly List<string> All(string after = "")
        {
            List<string> all = [.. (listed ?? []).Select(sentence => sentence + after)];
            if (unlisted > 0)
            {
                all.Add($"and {unlisted} more");
            }

            return all;
        }
    }
}
