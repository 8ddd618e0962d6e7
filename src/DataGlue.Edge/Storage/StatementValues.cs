using System.Runtime.InteropServices;

namespace DataGlue.Edge.Storage;

/// <summary>The values of the write that is running, outside of the managed heap, whose objects move. All statements of a script are bound to this one copy.</summary>
internal sealed unsafe class StatementValues : Binder, IDisposable
{
    // What one unusual write needed is not kept for ever.
    private const int MaxKept = 256 * 1024;

    private readonly List<Value> values = [];
    private ParameterNames names = new();
    private byte* memory;
    private int capacity;
    private int used;
    private int given;
    private int missing;

    /// <summary>Takes the values of a write in place of those of the one before.</summary>
    /// <exception cref="InvalidOperationException">The write does not give every value that its script names, or others.</exception>
    public void Take(Write write, ParameterNames parameters)
    {
        names = parameters;
        used = given = 0;
        if (capacity > MaxKept)
        {
            Resize(MaxKept);
        }

        missing = names.Count;
        CollectionsMarshal.SetCount(values, missing);
        CollectionsMarshal.AsSpan(values).Clear();
        write.Bind(this);
        if (missing != 0)
        {
            throw new InvalidOperationException($"{write.Script} names {names.Count} values, of which {missing} were not given");
        }
    }

    public override void Set(string name, long value) => Fill(name, new Value(ValueKind.Number, value, 0, 0));

    public int BindTo(nint statement, int index, int slot)
    {
        var value = values[slot];
        return value.Kind == ValueKind.Number ? SqliteNative.BindNumber(statement, index, value.Number)
            : value.Kind == ValueKind.Text ? SqliteNative.BindText(statement, index, memory + value.Offset, value.Length, 0)
            : SqliteNative.BindNull(statement, index);
    }

    public void Dispose()
    {
        NativeMemory.Free(memory);
        memory = null;
        capacity = 0;
    }

    protected override void SetText(string name, ReadOnlySpan<byte> text)
    {
        // Never empty: a null pointer would be bound as NULL, and not as the empty text.
        if (used + text.Length >= capacity)
        {
            Resize(Math.Max(2 * capacity, Math.Max(used + text.Length + 1, 4096)));
        }

        text.CopyTo(new Span<byte>(memory + used, text.Length));
        Fill(name, new Value(ValueKind.Text, 0, used, text.Length));
        used += text.Length;
    }

    protected override void SetNull(string name) => Fill(name, new Value(ValueKind.Null, 0, 0, 0));

    private void Fill(string name, Value value)
    {
        ref var slot = ref CollectionsMarshal.AsSpan(values)[names.IndexOf(name, given++)];
        missing -= slot.Kind == ValueKind.None ? 1 : 0;
        slot = value;
    }

    private void Resize(int size)
    {
        memory = (byte*)NativeMemory.Realloc(memory, (nuint)size);
        capacity = size;
    }

    private enum ValueKind
    {
        None,
        Null,
        Number,
        Text,
    }

    private readonly record struct Value(ValueKind Kind, long Number, int Offset, int Length);
}

/// <summary>The names of a script's values, each with its place.</summary>
internal sealed class ParameterNames
{
    private readonly List<string> names = [];

    // A write gives its values in the same order each time: where a name stood last is looked for first.
    private readonly List<(string Name, int Index)> order = [];

    public int Count => names.Count;

    /// <summary>The place of a name, which it gets where it has none.</summary>
    public int Add(string name)
    {
        if (!names.Contains(name))
        {
            names.Add(name);
        }

        return names.IndexOf(name);
    }

    /// <summary>The place of the name that a write gives as its <paramref name="nth"/>, from 0.</summary>
    /// <exception cref="InvalidOperationException">The script has no such name.</exception>
    public int IndexOf(string name, int nth)
    {
        if (nth < order.Count && ReferenceEquals(order[nth].Name, name))
        {
            return order[nth].Index;
        }

        var index = names.IndexOf(name);
        if (index < 0)
        {
            throw new InvalidOperationException($"The script has no value {name}");
        }

        order.RemoveRange(Math.Min(nth, order.Count), Math.Max(0, order.Count - nth));
        order.Add((name, index));
        return index;
    }
}
