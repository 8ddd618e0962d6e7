using System.Buffers;
using System.Text.Json.Serialization.Metadata;

namespace DataGlue.Edge.Http;

/// <summary>A small JSON body, sent in one piece with its length, not chunked. Kestrel sends it when the request ends.</summary>
internal static class JsonReply
{
    public const string ContentType = MediaType + "; charset=utf-8";
    public const string MediaType = "application/json";

    public static void Write<T>(HttpResponse response, int status, T body, JsonTypeInfo<T> type)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(body, type);
        Begin(response, status, bytes.Length);
        response.BodyWriter.Write(bytes);
    }

    /// <summary>Replies 200 with one text, which gets its quotation marks here, between prepared JSON: the hot path does without a serializer.</summary>
    public static void Write(HttpResponse response, ReadOnlySpan<byte> head, Utf8Text text, ReadOnlySpan<byte> tail)
    {
        var value = IsPlain(text.Span) ? text.Span : JsonEncodedText.Encode(text.Span, ServerJson.Encoder).EncodedUtf8Bytes;
        var length = head.Length + 1 + value.Length + 1 + tail.Length;
        Begin(response, StatusCodes.Status200OK, length);
        var output = response.BodyWriter.GetSpan(length);
        head.CopyTo(output);
        output[head.Length] = (byte)'"';
        value.CopyTo(output[(head.Length + 1)..]);
        output[head.Length + 1 + value.Length] = (byte)'"';
        tail.CopyTo(output[(head.Length + value.Length + 2)..]);
        response.BodyWriter.Advance(length);
    }

    // Text that needs no escapes: visible ASCII but for the quotation mark and the backslash.
    private static bool IsPlain(ReadOnlySpan<byte> text) => !text.ContainsAnyExceptInRange((byte)' ', (byte)'~') && text.IndexOfAny((byte)'"', (byte)'\\') < 0;

    private static void Begin(HttpResponse response, int status, int length)
    {
        response.StatusCode = status;
        response.ContentType = ContentType;
        response.ContentLength = length;
    }
}
