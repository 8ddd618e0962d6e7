namespace DataGlue.Edge.Reports.Columns;

/// <summary>Texts of a chunk, which become strings when somebody asks for them: most reports ask for few.</summary>
internal sealed class TextList
{
    private readonly byte[] bytes;
    private readonly (int Start, int Length)[] places;

    /// <summary>Reads a list, and goes behind it.</summary>
    public TextList(byte[] bytes, BinaryReader input)
    {
        this.bytes = bytes;
        places = new (int Start, int Length)[input.Read7BitEncodedInt()];
        for (var i = 0; i < places.Length; i++)
        {
            var length = input.Read7BitEncodedInt();
            places[i] = ((int)input.BaseStream.Position, length);
            input.BaseStream.Position += length;
        }
    }

    public int Count => places.Length;

    public string this[int number] => Encoding.UTF8.GetString(Utf8(number));

    public ReadOnlySpan<byte> Utf8(int number) => bytes.AsSpan(places[number].Start, places[number].Length);
}
