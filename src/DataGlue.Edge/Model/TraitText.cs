using System.Buffers;
using System.Buffers.Text;
using DataGlue.Edge.Wire.Json;

namespace DataGlue.Edge.Model;

/// <summary>The traits of one identity in the forms in which its script takes them, all in the order of the names. A key whose name is longer than 255 bytes is in
/// none: it stays in the log.</summary>
/// <param name="Values"><c>{"name":"JSON of the value", ...}</c>: the JSON functions of SQLite would lose the spelling of a number. Of a long value its size in
/// bytes, as a number.</param>
/// <param name="Long">The long values in the same form.</param>
/// <param name="Shown"><c>{"name":value, ...}</c> without those that are null, in the form in which these functions write an object.</param>
internal readonly record struct TraitText(Utf8Text Values, Utf8Text Long, Utf8Text Shown)
{
    /// <summary>How many bytes a value may have beside its key.</summary>
    public const int MaxShort = 512;

    private const int MaxName = 255;
    private const int MaxNumber = 11;

    private static readonly Utf8Text Empty = Utf8Text.From("{}");
    private static readonly TraitText None = new(Empty, Empty, Empty);

    private static readonly Comparison<Member> ByName = (x, y) => x.Name.Span.SequenceCompareTo(y.Name.Span);

    public static TraitText Of(JsonText? traits)
    {
        if (traits is not { IsEmptyObject: false } given || given.Utf8[0] != '{')
        {
            return None;
        }

        var members = Members(given);
        members.RemoveAll(member => member.Name.Length > MaxName);
        members.Sort(ByName);
        var (values, shown) = (new ArrayBufferWriter<byte>(given.Utf8.Length + 64), new ArrayBufferWriter<byte>(given.Utf8.Length));
        ArrayBufferWriter<byte>? longValues = null;
        foreach (var member in members)
        {
            if (member.Value.Length <= MaxShort)
            {
                WriteText(values, member);
            }
            else
            {
                Begin(values, member);
                Utf8Formatter.TryFormat(member.Value.Length, values.GetSpan(MaxNumber), out var length);
                values.Advance(length);
                WriteText(longValues ??= new ArrayBufferWriter<byte>(member.Value.Length + 64), member);
            }

            if (!member.Value.Span.SequenceEqual("null"u8))
            {
                Begin(shown, member);
                shown.Write(member.Value.Span);
            }
        }

        return new TraitText(End(values), longValues is null ? Empty : End(longValues), End(shown));
    }

    // The text is without white space, and each name is as SQLite writes it.
    private static List<Member> Members(JsonText traits)
    {
        var members = new List<Member>(traits.Keys);
        var reader = new Utf8JsonReader(traits.Utf8);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var token = traits.Utf8.AsMemory((int)reader.TokenStartIndex, reader.ValueSpan.Length + 2);
            var name = reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(JsonText.ReadString(ref reader)) : token[1..^1];
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            members.Add(new Member(name, token, traits.Utf8.AsMemory(start, (int)reader.BytesConsumed - start)));
        }

        return members;
    }

    private static void Begin(ArrayBufferWriter<byte> output, Member member)
    {
        output.Write(output.WrittenCount == 0 ? "{"u8 : ","u8);
        output.Write(member.Token.Span);
        output.Write(":"u8);
    }

    private static Utf8Text End(ArrayBufferWriter<byte> output)
    {
        output.Write(output.WrittenCount == 0 ? "{}"u8 : "}"u8);
        return new Utf8Text(output.WrittenSpan.ToArray());
    }

    private static void WriteText(ArrayBufferWriter<byte> output, Member member)
    {
        Begin(output, member);
        output.Write("\""u8);
        WriteEscaped(output, member.Value.Span);
        output.Write("\""u8);
    }

    // JSON has no control character outside of its own escapes.
    private static void WriteEscaped(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> json)
    {
        for (var end = json.IndexOfAny((byte)'"', (byte)'\\'); end >= 0; end = json.IndexOfAny((byte)'"', (byte)'\\'))
        {
            output.Write(json[..end]);
            output.Write("\\"u8);
            output.Write(json.Slice(end, 1));
            json = json[(end + 1)..];
        }

        output.Write(json);
    }

    // The name, its token with quotation marks, and the value as JSON.
    private readonly record struct Member(ReadOnlyMemory<byte> Name, ReadOnlyMemory<byte> Token, ReadOnlyMemory<byte> Value);
}
