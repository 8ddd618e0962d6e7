using System.Text.Unicode;
using DataGlue.Edge.Wire.Json;

namespace DataGlue.Edge.Intake;

/// <summary>Makes ids for writes without one: <c>evt_&lt;epoch ms&gt;_&lt;nine of base36&gt;</c>. Those of one millisecond ascend, in the order of arrival.</summary>
internal sealed class ServerIds
{
    private const int MaxLength = 48;
    private const int TailLength = 9;
    private const int NumberPrefix = 4;

    // 36 to the power of TailLength.
    private const long Tails = 101_559_956_668_416;
    private const int MaxStep = 4_096;

    // Each process begins at a random number and goes up by random steps: two of them do not meet within a millisecond.
    private long lastTail = Unguessable.Number() & long.MaxValue;

    private static ReadOnlySpan<byte> Base36 => "0123456789abcdefghijklmnopqrstuvwxyz"u8;

    // Both take the time of receipt, in milliseconds since 1970.
    public Utf8Text NewEvent(long now) => New("evt"u8, now);
    public Utf8Text NewIdentification(long now) => New("idn"u8, now);

    /// <summary>The id under which a public event stands while a trusted write of another visitor has its own.</summary>
    public static Utf8Text OfPublic(Utf8Text user, Utf8Text eventId) => OfNumber(JsonText.Combine(JsonText.HashOf(user), JsonText.HashOf(eventId)));

    /// <summary>An id of the same form that nobody can know in advance.</summary>
    public static Utf8Text OfNobody() => OfNumber((ulong)Unguessable.Number());

    private static Utf8Text OfNumber(ulong number)
    {
        Span<byte> id = stackalloc byte[MaxLength];
        "evt_"u8.CopyTo(id);
        var length = NumberPrefix;
        for (var left = number; left > 0; left /= (ulong)Base36.Length)
        {
            id[length++] = Base36[(int)(left % (ulong)Base36.Length)];
        }

        id[NumberPrefix..length].Reverse();
        return new Utf8Text(id[..length].ToArray());
    }

    private Utf8Text New(ReadOnlySpan<byte> prefix, long now)
    {
        Span<byte> id = stackalloc byte[MaxLength];
        Utf8.TryWrite(id, CultureInfo.InvariantCulture, $"{prefix}_{now}_", out var length);
        var tail = (Interlocked.Add(ref lastTail, Random.Shared.Next(1, MaxStep)) & long.MaxValue) % Tails;
        for (var i = length + TailLength - 1; i >= length; i--)
        {
            id[i] = Base36[(int)(tail % Base36.Length)];
            tail /= Base36.Length;
        }

        return new Utf8Text(id[..(length + TailLength)].ToArray());
    }
}
