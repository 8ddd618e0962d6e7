using System.Globalization;
using System.Text;

namespace DataGlue.Edge.Tests.Support;

/// <summary>Replies that come one behind the other, each with its length, as a client reads them that sends many requests at once.</summary>
internal sealed class Replies(Stream stream)
{
    private const string Length = "Content-Length: ";

    private readonly byte[] buffer = new byte[1 << 16];
    private int start;
    private int end;

    /// <summary>Reads so many replies whole.</summary>
    public async Task SkipAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            int head;
            while ((head = buffer.AsSpan(start, end - start).IndexOf("\r\n\r\n"u8)) < 0)
            {
                await FillAsync();
            }

            var text = Encoding.ASCII.GetString(buffer, start, head);
            var at = text.IndexOf(Length, StringComparison.Ordinal) + Length.Length;
            var size = head + 4 + int.Parse(text.AsSpan(at, text.IndexOf('\r', at) - at), CultureInfo.InvariantCulture);
            while (end - start < size)
            {
                await FillAsync();
            }

            start += size;
        }
    }

    private async Task FillAsync()
    {
        buffer.AsSpan(start, end - start).CopyTo(buffer);
        (start, end) = (0, end - start);
        var read = await stream.ReadAsync(buffer.AsMemory(end));
        Assert.True(read > 0, "the server has closed the connection");
        end += read;
    }
}
