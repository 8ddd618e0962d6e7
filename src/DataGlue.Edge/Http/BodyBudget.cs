using System.Buffers;

namespace DataGlue.Edge.Http;

/// <summary>Bounds the memory and the time of bodies that have come in part: clients that send most of a body, and then wait, would exhaust the machine.</summary>
internal sealed class BodyBudget(Settings settings, TimeProvider clock)
{
    // Sizes in bytes. Small buffers do not count: the number of connections bounds them, and none is refused because of large ones.
    private const long MinBudget = 32 * 1024 * 1024;
    private const int Small = 16 * 1024;

    private static readonly TimeSpan BodyTimeout = TimeSpan.FromSeconds(30);

    // A few of the largest bodies must always find room: while one grows, it is held twice.
    private readonly long budget = Math.Max(MinBudget, 8L * settings.MaxBulkBytes);

    private long held;

    /// <summary>Is cancelled when a body has had all the time that it may take.</summary>
    public CancellationTokenSource Timeout() => new(BodyTimeout, clock);

    /// <summary>Rents a buffer of at least <paramref name="size"/> bytes.</summary>
    /// <exception cref="RequestException">503: there is no room for it at present.</exception>
    public byte[] Rent(int size)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(size);
        if (buffer.Length > Small && Interlocked.Add(ref held, buffer.Length) > budget)
        {
            Return(buffer);
            throw new RequestException(StatusCodes.Status503ServiceUnavailable, "Too many bodies are coming in at once; send it again a little later");
        }

        return buffer;
    }

    public void Return(byte[] buffer)
    {
        if (buffer.Length > Small)
        {
            Interlocked.Add(ref held, -buffer.Length);
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }
}
