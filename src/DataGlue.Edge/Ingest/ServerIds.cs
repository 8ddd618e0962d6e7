using System.Globalization;
using System.Security.Cryptography;

namespace DataGlue.Edge.Ingest;

/// <summary>
/// Makes ids for writes that came without one: <c>evt_&lt;epoch ms&gt;_&lt;nine of base36&gt;</c>, the look that the guide gives
/// them. Ids of one millisecond ascend, because writes of the same time are ordered by id and these should stay as they came.
/// </summary>
public sealed class ServerIds
{
    private const string Base36 = "0123456789abcdefghijklmnopqrstuvwxyz";

    private const int TailLength = 9;

    // Each millisecond begins at random in the lower half of what nine digits hold, so that there is room to ascend.
    private const int MaxStart = 1 << 30;

    private const long StartScale = 40_000;

    private const int MaxStep = 4_096;

    private readonly Lock gate = new();
    private long lastTime = -1;
    private long lastTail;

    /// <summary>An id for an event received at <paramref name="now"/>, in milliseconds since 1970.</summary>
    public string NewEvent(long now) => New("evt", now);

    /// <summary>An id for an identification received at <paramref name="now"/>, in milliseconds since 1970.</summary>
    public string NewIdentification(long now) => New("idn", now);

    private string New(string prefix, long now) =>
        string.Create(CultureInfo.InvariantCulture, $"{prefix}_{now}_{Format(NextTail(now))}");

    private long NextTail(long now)
    {
        lock (gate)
        {
            lastTail = now == lastTime
                ? lastTail + RandomNumberGenerator.GetInt32(1, MaxStep)
                : (RandomNumberGenerator.GetInt32(MaxStart) * StartScale) + RandomNumberGenerator.GetInt32((int)StartScale);
            lastTime = now;
            return lastTail;
        }
    }

    private static string Format(long tail) => string.Create(TailLength, tail, static (text, rest) =>
    {
        for (var i = text.Length - 1; i >= 0; i--)
        {
            text[i] = Base36[(int)(rest % Base36.Length)];
            rest /= Base36.Length;
        }
    });
}
