using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace DataGlue.Edge.Http;

/// <summary>A small JSON body, sent in one piece with its length, not chunked. Kestrel sends it when the request ends.</summary>
internal static class JsonReply
{
    /// <summary>The content type of every reply.</summary>
    public const string ContentType = MediaType + "; charset=utf-8";

    /// <summary>The same without its encoding.</summary>
    public const string MediaType = "application/json";

    /// <summary>Replies with an object.</summary>
    /// <param name="response">Where to.</param>
    /// <param name="status">The HTTP status.</param>
    /// <param name="body">What to send.</param>
    /// <param name="type">Its source-generated JSON type.</param>
    public static void Write<T>(HttpResponse response, int status, T body, JsonTypeInfo<T> type)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(body, type);
        Begin(response, status, bytes.Length);
        response.BodyWriter.Write(bytes);
    }

    /// <summary>Replies 200 with prepared JSON around one text: the reply of the hot path, which no serializer need walk.</summary>
    /// <param name="response">Where to.</param>
    /// <param name="head">The JSON before the text, without its quotation mark.</param>
    /// <param name="text">The text.</param>
    /// <param name="tail">The JSON behind it.</param>
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

    // What nobody would escape: visible ASCII but for the two characters that JSON itself uses.
    private static bool IsPlain(ReadOnlySpan<byte> text) => !text.ContainsAnyExceptInRange((byte)' ', (byte)'~') && text.IndexOfAny((byte)'"', (byte)'\\') < 0;

    private static void Begin(HttpResponse response, int status, int length)
    {
        response.StatusCode = status;
        response.ContentType = ContentType;
        response.ContentLength = length;
    }
}
