using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace DataGlue.Edge.Reports.Columns;

/// <summary>Compares the columns of reports with the logs, without holding either: rows of some thousands of row ids at a time come to one sum.</summary>
internal static class ColumnCheck
{
    private const int RowsTogether = 4_096;

    /// <summary>In which rows the two differ, as words; none where they do not.</summary>
    public static List<string> Differences(ColumnReader reader)
    {
        try
        {
            var state = reader.State();
            return state.IsReadable ? [.. Enum.GetValues<Log>().SelectMany(log => Differences(reader, state, log))] : [];
        }
        catch (InvalidDataException exception)
        {
            return [exception.Message];
        }
    }

    private static IEnumerable<string> Differences(ColumnReader reader, ColumnState state, Log log)
    {
        // Rows that were changed since are read from the log anyway.
        var changed = state.Changes.Where(change => change.Log == ColumnReader.NameOf(log)).Select(change => change.Row).ToHashSet();
        var sums = new Dictionary<long, ulong>();
        foreach (var row in reader.Rows(log, 0, state.Stored(log)).SelectMany(rows => rows))
        {
            Add(row, HashOf(row));
        }

        for (var part = 0; part < ColumnReader.Parts; part++)
        {
            foreach (var stored in reader.Chunks(log, part))
            {
                using var held = stored;
                foreach (var row in stored.Chunk.AllRows().Where(row => row.Row <= state.Stored(log)))
                {
                    Add(row, unchecked(0 - HashOf(row)));
                }
            }
        }

        return sums.Where(sum => sum.Value != 0).OrderBy(sum => sum.Key)
            .Select(sum => $"rows {(sum.Key * RowsTogether) + 1} to {(sum.Key + 1) * RowsTogether} of {ColumnReader.NameOf(log)}");

        // What the log adds, the chunks take away.
        void Add(LogRow row, ulong hash)
        {
            if (!changed.Contains(row.Row))
            {
                ref var sum = ref CollectionsMarshal.GetValueRefOrAddDefault(sums, (row.Row - 1) / RowsTogether, out _);
                sum = unchecked(sum + hash);
            }
        }
    }

    private static ulong HashOf(LogRow row) => XxHash3.HashToUInt64(Encoding.UTF8.GetBytes((row with { EventId = null }).ToString()));
}
