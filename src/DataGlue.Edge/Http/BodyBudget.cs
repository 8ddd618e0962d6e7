using System.Buffers;

namespace DataGlue.Edge.Http;

/// <summary>
/// The memory of bodies that have come in part. Many clients that each send nearly all of a large body, and then wait, would
/// otherwise take more than the machine has.
/// </summary>
public sealed class BodyBudget(EdgeOptions options)
{
    private const long Least = 32 * 1024 * 1024;

    // A few of the largest bodies must always find room: while one grows, it is held twice.
    private readonly long most = Math.Max(Least, 8L * options.MaxBulkBytes);

    private long held;

    /// <summary>Rents a buffer.</summary>
    /// <param name="size">How many bytes it holds at the least.</param>
    /// <exception cref="RequestException">503: there is no room for it at present.</exception>
    public byte[] Rent(int size)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(size);
        if (Interlocked.Add(ref held, buffer.Length) > most)
        {
            Return(buffer);
            throw new RequestException(StatusCodes.Status503ServiceUnavailable, "Too many bodies are coming in at once; send it again a little later");
        }

        return buffer;
    }

    /// <summary>Gives a buffer back.</summary>
    public void Return(byte[] buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        Interlocked.Add(ref held, -buffer.Length);
        ArrayPool<byte>.Shared.Return(buffer);
    }
}
