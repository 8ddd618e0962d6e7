using System.Collections.Frozen;

namespace DataGlue.Edge.Intake;

/// <summary>Unicode's normalization form C: one spelling of what looks the same. The program has no ICU, without which <c>string.Normalize</c> does nothing.</summary>
internal static class Nfc
{
    // Hangul syllables follow from a formula, in section 3.12 of the Unicode Standard.
    private const int Syllables = 0xAC00;
    private const int Leads = 0x1100;
    private const int Vowels = 0x1161;
    private const int Tails = 0x11A7;
    private const int LeadCount = 19;
    private const int VowelCount = 21;
    private const int TailCount = 28;
    private const int SyllableCount = LeadCount * VowelCount * TailCount;

    public static string Of(string text)
    {
        if (Ascii.IsValid(text))
        {
            return text;
        }

        var codes = new List<int>(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            Decompose(rune.Value, codes);
        }

        Order(codes);
        Compose(codes);
        var result = new StringBuilder(text.Length);
        foreach (var code in codes)
        {
            result.Append(new Rune(code));
        }

        return result.ToString();
    }

    private static void Decompose(int code, List<int> into)
    {
        if (code is >= Syllables and < Syllables + SyllableCount)
        {
            var index = code - Syllables;
            into.Add(Leads + (index / (VowelCount * TailCount)));
            into.Add(Vowels + (index % (VowelCount * TailCount) / TailCount));
            if (index % TailCount > 0)
            {
                into.Add(Tails + (index % TailCount));
            }
        }
        else if (Tables.Parts.TryGetValue(code, out var parts))
        {
            Decompose(parts.First, into);
            if (parts.Second > 0)
            {
                into.Add(parts.Second);
            }
        }
        else
        {
            into.Add(code);
        }
    }

    // Marks behind one letter stand in the order of their classes; those of one class keep theirs.
    private static void Order(List<int> codes)
    {
        for (var i = 1; i < codes.Count; i++)
        {
            var (code, rank) = (codes[i], RankOf(codes[i]));
            var to = i;
            for (; rank > 0 && to > 0 && RankOf(codes[to - 1]) > rank; to--)
            {
                codes[to] = codes[to - 1];
            }

            codes[to] = code;
        }
    }

    // A letter takes each mark behind it that it can, unless another of the same class or higher stands between.
    private static void Compose(List<int> codes)
    {
        var (letter, kept, last) = (-1, 0, -1);
        foreach (var code in codes.ToArray())
        {
            var rank = RankOf(code);
            if (letter >= 0 && last < rank && Together(codes[letter], code) is { } composed)
            {
                codes[letter] = composed;
                continue;
            }

            if (rank == 0)
            {
                // Nothing stands between it and what follows: -1 is below the rank of a letter, too.
                (letter, last) = (kept, -1);
            }
            else
            {
                last = rank;
            }

            codes[kept++] = code;
        }

        codes.RemoveRange(kept, codes.Count - kept);
    }

    private static int? Together(int first, int second)
    {
        var (lead, vowel, syllable, tail) = (first - Leads, second - Vowels, first - Syllables, second - Tails);
        return lead is >= 0 and < LeadCount && vowel is >= 0 and < VowelCount ? Syllables + (((lead * VowelCount) + vowel) * TailCount)
            : syllable is >= 0 and < SyllableCount && syllable % TailCount == 0 && tail is > 0 and < TailCount ? first + tail
            : Tables.Wholes.TryGetValue((first, second), out var whole) ? whole
            : null;
    }

    private static int RankOf(int code) => Tables.Ranks.GetValueOrDefault(code);

    // Made when the first text beyond ASCII comes.
    private static class Tables
    {
        public static readonly FrozenDictionary<int, (int First, int Second)> Parts =
            Threes(NfcTables.Composed).Concat(Threes(NfcTables.Decomposed)).ToFrozenDictionary(three => three.A, three => (three.B, three.C));

        public static readonly FrozenDictionary<(int First, int Second), int> Wholes =
            Threes(NfcTables.Composed).ToFrozenDictionary(three => (three.B, three.C), three => three.A);

        // A, B and C are the first mark of a run, its last one, and the class of all.
        public static readonly FrozenDictionary<int, int> Ranks = Threes(NfcTables.Marks)
            .SelectMany(three => Enumerable.Range(three.A, three.B - three.A + 1), (three, code) => (code, three.C))
            .ToFrozenDictionary(mark => mark.code, mark => mark.C);

        private static List<(int A, int B, int C)> Threes(ReadOnlySpan<int> table)
        {
            var threes = new List<(int A, int B, int C)>(table.Length / 3);
            for (var i = 0; i < table.Length; i += 3)
            {
                threes.Add((table[i], table[i + 1], table[i + 2]));
            }

            return threes;
        }
    }
}
