using System.Runtime.InteropServices;

namespace DataGlue.Edge.Storage;

/// <summary>
/// The values of the write that is running, where SQLite can read them: outside of the managed heap, whose objects move. All
/// statements of a plan are bound to this one copy.
/// </summary>
internal sealed unsafe class BoundValues : IDisposable
{
    // What one unusual write needed is not kept for ever.
    private const int MaxKept = 256 * 1024;

    private readonly List<Value> values = [];
    private byte* memory;
    private int capacity;

    /// <summary>Takes the values of a write in place of those of the one before.</summary>
    public void Set(ReadOnlySpan<WriteValue> row)
    {
        Reserve(SizeOf(row));
        values.Clear();
        var offset = 0;
        foreach (ref readonly var value in row)
        {
            var text = value.Text.Span;
            text.CopyTo(new Span<byte>(memory + offset, text.Length));
            values.Add(new Value(value.IsNumber, value.Text.IsPresent, value.Number, offset, text.Length));
            offset += text.Length;
        }
    }

    /// <summary>Binds one of them.</summary>
    /// <param name="statement">The statement.</param>
    /// <param name="index">The statement's parameter, from 1.</param>
    /// <param name="slot">Which value.</param>
    /// <returns>SQLite's result code.</returns>
    public int Bind(nint statement, int index, int slot)
    {
        var value = values[slot];
        return value.IsNumber ? SqliteNative.BindNumber(statement, index, value.Number)
            : value.IsText ? SqliteNative.BindText(statement, index, memory + value.Offset, value.Length, 0)
            : SqliteNative.BindNull(statement, index);
    }

    public void Dispose()
    {
        NativeMemory.Free(memory);
        memory = null;
        capacity = 0;
    }

    // Never empty: a null pointer would be bound as NULL, and not as the empty text.
    private static int SizeOf(ReadOnlySpan<WriteValue> row)
    {
        var size = 1;
        foreach (ref readonly var value in row)
        {
            size += value.Text.Span.Length;
        }

        return size;
    }

    private void Reserve(int size)
    {
        if (size > capacity || (capacity > MaxKept && size <= MaxKept))
        {
            capacity = Math.Max(size, 4096);
            memory = (byte*)NativeMemory.Realloc(memory, (nuint)capacity);
        }
    }

    private readonly record struct Value(bool IsNumber, bool IsText, long Number, int Offset, int Length);
}
