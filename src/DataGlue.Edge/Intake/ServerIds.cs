using System.Globalization;
using System.Text.Unicode;

namespace DataGlue.Edge.Intake;

/// <summary>
/// Makes ids for writes that came without one: <c>evt_&lt;epoch ms&gt;_&lt;nine of base36&gt;</c>, the look that the guide gives
/// them. Ids of one millisecond ascend, because writes of the same time are ordered by id and these should stay as they came.
/// </summary>
internal sealed class ServerIds
{
    private const int MaxLength = 48;
    private const int TailLength = 9;
    private const long Tails = 101_559_956_668_416;
    private const int MaxStep = 4_096;

    // Every process begins where nobody can guess and goes up by random steps: two of them do not meet within a millisecond.
    private long lastTail = Unguessable.Number() & long.MaxValue;

    private static ReadOnlySpan<byte> Base36 => "0123456789abcdefghijklmnopqrstuvwxyz"u8;

    /// <summary>An id for an event received at <paramref name="now"/>, in milliseconds since 1970.</summary>
    public Utf8Text NewEvent(long now) => New("evt"u8, now);

    /// <summary>An id for an identification received at <paramref name="now"/>, in milliseconds since 1970.</summary>
    public Utf8Text NewIdentification(long now) => New("idn"u8, now);

    private Utf8Text New(ReadOnlySpan<byte> prefix, long now)
    {
        Span<byte> id = stackalloc byte[MaxLength];
        Utf8.TryWrite(id, CultureInfo.InvariantCulture, $"{prefix}_{now}_", out var length);
        WriteTail(id.Slice(length, TailLength), NextTail());
        return new Utf8Text(id[..(length + TailLength)].ToArray());
    }

    private long NextTail() => (Interlocked.Add(ref lastTail, Random.Shared.Next(1, MaxStep)) & long.MaxValue) % Tails;

    private static void WriteTail(Span<byte> text, long rest)
    {
        for (var i = text.Length - 1; i >= 0; i--)
        {
            text[i] = Base36[(int)(rest % Base36.Length)];
            rest /= Base36.Length;
        }
    }
}
