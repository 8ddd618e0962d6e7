using CsCheck;

namespace DataGlue.Edge.Tests.Fuzz;

/// <summary>A change of a JSON text that leaves it one, as far as the piece that it puts in is one.</summary>
internal sealed record JsonMutation(JsonMutation.Kind What, uint From, uint To, byte[] Key, byte[] Value)
{
    private static readonly byte[] Comma = ","u8.ToArray();

    public enum Kind
    {
        Replace,
        Graft,
        Repeat,
        Remove,
        Nest,
        Rename,
        Add,
        Space,
    }

    public static Gen<JsonMutation> Any { get; } = Gen.Select(
        Gen.Enum<Kind>(), Choice.Number, Choice.Number, HostileJson.Key, HostileJson.Value,
        (what, from, to, key, value) => new JsonMutation(what, from, to, key, value));

    public byte[] Apply(byte[] json)
    {
        var spans = JsonSpan.Of(json);
        if (spans.Count == 0)
        {
            return json;
        }

        var span = spans[Choice.Index(From, spans.Count)];
        var other = spans[Choice.Index(To, spans.Count)];
        return What switch
        {
            Kind.Replace => Splice(json, span.Start, span.End, Value),
            Kind.Graft => Splice(json, span.Start, span.End, json[other.Start..other.End]),
            Kind.Repeat => Splice(json, span.End, span.End, [.. Comma, .. json[span.Key..span.End]]),
            Kind.Remove => Remove(json, span),
            Kind.Nest => Splice(json, span.Start, span.End, Nested(json[span.Start..span.End])),
            Kind.Rename => Splice(json, span.Key, span.Start, span.IsMember ? [.. Key, (byte)':'] : []),
            Kind.Add => Splice(json, span.Key, span.Key, span.IsMember ? [.. Key, (byte)':', .. Value, .. Comma] : [.. Value, .. Comma]),
            _ => Splice(json, span.Start, span.Start, " \t\r\n"u8[..(1 + Choice.Index(To, 4))].ToArray()),
        };
    }

    private byte[] Nested(byte[] value) => (To & 1) == 0 ? [(byte)'[', .. value, (byte)']'] : [(byte)'{', .. Key, (byte)':', .. value, (byte)'}'];

    // With the comma behind it, or else the one before.
    private static byte[] Remove(byte[] json, JsonSpan span)
    {
        var end = span.End;
        while (end < json.Length && json[end] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            end++;
        }

        if (end < json.Length && json[end] == ',')
        {
            return Splice(json, span.Key, end + 1, []);
        }

        var comma = json.AsSpan(0, span.Key).LastIndexOf((byte)',');
        var isBefore = comma >= 0 && json.AsSpan(comma + 1, span.Key - comma - 1).IndexOfAnyExcept(" \t\r\n"u8) < 0;
        return Splice(json, isBefore ? comma : span.Key, span.End, []);
    }

    private static byte[] Splice(byte[] json, int start, int end, byte[] piece) => [.. json.AsSpan(0, start), .. piece, .. json.AsSpan(end)];
}
