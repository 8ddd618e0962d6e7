using System.IO.Compression;
using System.Net.Http.Headers;
using DataGlue.Edge.Http;
using DataGlue.Edge.Model;
using DataGlue.Edge.Wire.Glue;

namespace DataGlue.Edge.Edge;

/// <summary>What an edge sends in a relay, and reads of its answer.</summary>
internal static class RelayMessage
{
    // What an answer may take in memory, whoever it comes from.
    private const int MaxReplyBytes = 16 * 1024 * 1024;
    private const int MaxErrorBytes = 64 * 1024;

    /// <summary>The body of a relay, compressed.</summary>
    /// <param name="last">The last tombstone of the home that is here, by its id there and its hash.</param>
    /// <param name="tombstones">Those that the home has lost.</param>
    public static ReadOnlyMemoryContent Compress(IReadOnlyList<Utf8Text> items, (long Id, string Hash) last, IReadOnlyList<List<string>> tombstones)
    {
        var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(Encoding.UTF8.GetBytes($$"""{"format":{{RelayFormat.Version}},"tombstones_after":{{last.Id}},"tombstones_last":"{{JsonEncodedText.Encode(last.Hash)}}","tombstones":{{Tombstone.ToJson(tombstones)}},"items":["""));
            for (var i = 0; i < items.Count; i++)
            {
                gzip.Write(i == 0 ? ""u8 : ","u8);
                gzip.Write(items[i].Span);
            }

            gzip.Write("]}"u8);
        }

        var content = new ReadOnlyMemoryContent(output.GetBuffer().AsMemory(0, (int)output.Length));
        content.Headers.ContentType = new MediaTypeHeaderValue(JsonReply.MediaType);
        content.Headers.ContentEncoding.Add("gzip");
        return content;
    }

    /// <summary>The reply to a relay; null when it is none.</summary>
    /// <exception cref="HomeException">It has not come to its end.</exception>
    public static async Task<RelayReply?> ReadReplyAsync(HttpResponseMessage response, CancellationToken cancelled)
    {
        try
        {
            await response.Content.LoadIntoBufferAsync(MaxReplyBytes, cancelled);
            await using var body = await response.Content.ReadAsStreamAsync(cancelled);
            var reply = await JsonSerializer.DeserializeAsync(body, ServerJson.Wire.RelayReply, cancelled);
            return reply is { Success: true, DatabaseId.Length: > 0, Results: not null } ? reply : null;
        }
        catch (JsonException)
        {
            return null;
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new HomeException(HomeFailure.Failing, "The home has broken off its answer");
        }
    }

    /// <summary>The sentence of an error; null when it is no error of ours.</summary>
    public static async Task<string?> ErrorOfAsync(HttpResponseMessage response, CancellationToken cancelled)
    {
        try
        {
            await response.Content.LoadIntoBufferAsync(MaxErrorBytes, cancelled);
            await using var body = await response.Content.ReadAsStreamAsync(cancelled);
            return (await JsonSerializer.DeserializeAsync(body, ServerJson.Wire.ErrorReply, cancelled))?.Error;
        }
        catch (Exception exception) when (exception is JsonException or HttpRequestException or IOException)
        {
            return null;
        }
    }
}
