using System.Text;
using System.Text.Json;

namespace DataGlue.Edge.Tests.Fuzz;

/// <summary>What every reply has to be, whatever was asked.</summary>
/// <param name="folder">The server's folder, of which nobody may hear.</param>
internal sealed class ReplyRules(string folder)
{
    private const int MaxWarnings = 20;
    private const string JsonType = "application/json; charset=utf-8";

    // Kestrel's own words, before there is a request; a 405 answers CONNECT and "*" in the wrong place.
    private static readonly int[] BareStatuses = [400, 405, 408, 414, 431, 505];

    private readonly byte[][] secrets = [.. new[] { "   at ", "SQLite", "SqliteException", folder }.Select(Encoding.UTF8.GetBytes)];

    /// <summary>Whether Kestrel itself has refused the request.</summary>
    public static bool IsBare(RawReply reply) => reply.Body.Length == 0 && BareStatuses.Contains(reply.Status) && reply.Header("Content-Type") is null;

    /// <summary>Throws if the reply breaks a rule.</summary>
    /// <param name="reply">The reply.</param>
    /// <param name="request">What it answers.</param>
    /// <param name="isFirst">Whether it answers this request, and not what stands behind the place where the server has seen its end.</param>
    /// <exception cref="FormatException">It does; the message says which.</exception>
    public void Check(RawReply reply, HostileRequest request, bool isFirst)
    {
        try
        {
            CheckAll(reply, request, isFirst);
        }
        catch (FormatException exception)
        {
            throw new FormatException($"{exception.Message}\nreply: {reply}", exception);
        }
    }

    private void CheckAll(RawReply reply, HostileRequest request, bool isFirst)
    {
        Require(reply.Header("Server") is null, "a Server header");
        if (IsBare(reply) && !(request.HasSoundHead && isFirst))
        {
            Require(reply.Header("Content-Length") == "0", "a bare refusal without Content-Length: 0");
            return;
        }

        Require(reply.Status is < 500 or 503, "a status from 500");
        Require(!reply.IsInterim || reply.Status == 100, "an interim reply that is no 100");
        if (!reply.IsInterim)
        {
            CheckFinal(reply, isEmpty: isFirst && request.IsHead);
        }
    }

    private void CheckFinal(RawReply reply, bool isEmpty)
    {
        Require(reply.Header("X-Content-Type-Options") == "nosniff", "no X-Content-Type-Options: nosniff");
        Require(reply.Header("Referrer-Policy") is not null, "no Referrer-Policy");
        Require(reply.Header("Cache-Control") == "no-store", "no Cache-Control: no-store");
        Require(reply.Status != 503 || reply.Header("Retry-After") is not null, "a 503 without Retry-After");
        CheckBody(reply, isEmpty);
    }

    private void CheckBody(RawReply reply, bool isEmpty)
    {
        foreach (var secret in secrets)
        {
            Require(reply.Body.AsSpan().IndexOf(secret) < 0, "a body that tells of the inside");
        }

        if (reply.Status >= 400)
        {
            Require(reply.Header("Content-Type") == JsonType, "an error of another Content-Type");
            Require(isEmpty || IsError(reply.Body), "an error that is not {\"success\":false,\"error\":\"...\"}");
        }
        else if (reply.Body.Length > 0 && reply.Header("Content-Type") == JsonType)
        {
            CheckJson(reply.Body);
        }
    }

    private static bool IsError(byte[] body)
    {
        var reader = new Utf8JsonReader(body);
        try
        {
            return reader.Read() && reader.TokenType == JsonTokenType.StartObject
                && reader.Read() && reader.ValueTextEquals("success"u8)
                && reader.Read() && reader.TokenType == JsonTokenType.False
                && reader.Read() && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("error"u8)
                && reader.Read() && reader.TokenType == JsonTokenType.String && reader.GetString()!.Length > 0
                && reader.Read() && reader.TokenType == JsonTokenType.EndObject
                && !reader.Read();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    // What visitors have sent comes back: it must still be JSON, to the last string. Warnings are a few sentences, and never an empty list.
    private static void CheckJson(byte[] body)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = 128 });

        // Of a reply, or of a result of a batch; a visitor may have a trait of that name.
        var warningsDepth = body.AsSpan().StartsWith("""{"success":true,"results":"""u8) ? 3 : 1;
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == warningsDepth && reader.ValueTextEquals("warnings"u8))
                {
                    CheckWarnings(reader);
                }

                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped)
                {
                    reader.GetString();
                }
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new FormatException("a body that is no JSON: " + exception.Message);
        }
    }

    // Reads on a copy.
    private static void CheckWarnings(Utf8JsonReader reader)
    {
        Require(reader.Read() && reader.TokenType == JsonTokenType.StartArray, "warnings that are no list");
        var count = 0;
        for (; reader.Read() && reader.TokenType != JsonTokenType.EndArray; count++)
        {
            Require(reader.TokenType == JsonTokenType.String, "a warning that is no sentence");
            var warning = reader.GetString()!;
            Require(warning.EndsWith(" (left out)", StringComparison.Ordinal) || (count == MaxWarnings && warning.StartsWith("and ", StringComparison.Ordinal)), "a warning of another form");
        }

        Require(count is > 0 and <= MaxWarnings + 1, "no warnings, or too many");
    }

    private static void Require(bool holds, string fault)
    {
        if (!holds)
        {
            throw new FormatException(fault);
        }
    }
}
