using System.Buffers;

namespace DataGlue.Edge.Http;

/// <summary>
/// The memory and the time of bodies that have come in part. Many clients that each send nearly all of a large body, and then wait, would
/// otherwise take more than the machine has.
/// </summary>
internal sealed class BodyBudget(Settings settings, TimeProvider clock)
{
    private const long Least = 32 * 1024 * 1024;

    // Common bodies are smaller; what they take is bounded by the number of connections, and none of them is refused for those that are large.
    private const int Small = 16 * 1024;

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    // A few of the largest bodies must always find room: while one grows, it is held twice.
    private readonly long most = Math.Max(Least, 8L * settings.MaxBulkBytes);

    private long held;

    /// <summary>Is cancelled when a body has had all the time that it may take.</summary>
    public CancellationTokenSource Patience() => new(Longest, clock);

    /// <summary>Rents a buffer.</summary>
    /// <param name="size">How many bytes it holds at the least.</param>
    /// <exception cref="RequestException">503: there is no room for it at present.</exception>
    public byte[] Rent(int size)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(size);
        if (buffer.Length > Small && Interlocked.Add(ref held, buffer.Length) > most)
        {
            Return(buffer);
            throw new RequestException(StatusCodes.Status503ServiceUnavailable, "Too many bodies are coming in at once; send it again a little later");
        }

        return buffer;
    }

    /// <summary>Gives a buffer back.</summary>
    public void Return(byte[] buffer)
    {
        if (buffer.Length > Small)
        {
            Interlocked.Add(ref held, -buffer.Length);
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }
}
