using System.Text;
using CsCheck;

namespace DataGlue.Edge.Tests.Fuzz;

/// <summary>Keys and values that a JSON text may hold, or may not.</summary>
internal static class HostileJson
{
    private const int MostBytes = 70_000;

    private static readonly string[] Scalars =
    [
        "null", "true", "false", "0", "-0", "-1", "1.5", "9.90", "1e0", "1E+2", "1e400", "-1e400", "1.7976931348623157e308", "4.9e-324", "1e-400",
        "9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "18446744073709551616",
        "\"\"", "\" \"", "\"\\u0000\"", "\"a\\u0000b\"", "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"a\\udbff\"", "\"\\ud83d\\ude00\"", "\"😀\"", "\"é\"",
        "\"e\\u0301\"",
        "\"\\u202e\\ufeff\"", "\"\\uffff\"", "\"\\/\\b\\f\\n\\r\\t\\\"\\\\\"", "\"..\"", "\"%2F%00\"", "\"a/b\"", "\"'; DROP TABLE users; --\"", "\"$.a[0]\"",
        "\"<script>\"", "\"true\"", "\"null\"", "\"1\"", "\"identify\"", "\"track\"", "\"sync\"", "\"batch\"", "\" Someone@Example.com \"",
        "\"İı@example.com\"", "\"undefined\"", "\" NULL \"", "\"[object Object]\"", "\"guest\"", "\"NaN\"", "\"a@b@c\"", "\"@\"", "\"a@\\u200b\"", "\"\\u200b@b\"",
        "\"e\\u0301@mu\\u0308nchen.de.\"", "\"a@xn--mnchen-3ya.de\"", "\"a@xn--\"", "\"a@xn--\\u00e4\"", "\"a\\u007f\"", "\"a\\u0085\"", "1e3", "1.50", "1e-400", "1e255", "-0.0",
    ];

    private static readonly string[] Times =
    [
        "0", "1", "-1", "0.9", "-0.1", "1704376800000", "1704376800000.999", "1.7043768e12", "4102444800000", "253402300799999", "253402300800000",
        "8640000000000001", "1e20", "\"1970-01-01\"", "\"1970-01-01T00:00Z\"", "\"1969-12-31T23:59:59.999Z\"", "\"1970-01-01T00:00:00+14:00\"",
        "\"1970-01-01T00:00:00-14:00\"", "\"2024-02-29\"", "\"2023-02-29\"", "\"2024-02-30T00:00:00Z\"", "\"2024-06-30T23:59:60Z\"", "\"2024-01-04T24:00:00Z\"",
        "\"2024-01-04T14:00:00.1Z\"", "\"2024-01-04T14:00:00.123456789123456789Z\"", "\"2024-01-04T14:00:00.\"", "\"2024-01-04 14:00:00\"",
        "\"20240104T140000Z\"",
        "\"9999-12-31T23:59:59.9999999Z\"", "\"9999-12-31T23:59:59.9999999-14:00\"", "\"0001-01-01T00:00:00+14:00\"", "\"+002024-01-04T14:00:00Z\"",
        "\"2024-01-04T14:00:00+99:99\"", "\"2024-01-04T14:00:00\\u005a\"", "\"1704376800000\"", "\"now\"", "1704376800", "\"1704376800\"", "99999999999", "100000000000", "\"\"", "\"2024-01-04t14:00:00,5z\"", "\"2024-01-04T16:00:00+02\"",
        "\"2016-12-31T23:59:60Z\"", "\"2024-01-04T14.999999999999999\"", "\"2024-01-04T23:59:60+23:59\"", "\"2099-01-01\"",
    ];

    private static readonly string[] Urls =
    [
        "\"?utm_source=a&utm_source=b\"", "\"/x?utm_source=%00\"", "\"/x?utm_source=%ud800&gclid=%\"", "\"/x?gclid=%ED%A0%80&utm_term=%FF\"",
        "\"http://[::1?gclid=1\"",
        "\"https://u:p@h:99999/?utm_source=x\"", "\"https://xn--/?fbclid=1#?gclid=2\"", "\"https://xn--a.\\u3002/?x\"", "\"//h?%75tm_source=1\"",
        "\"#?gclid=1\"", "\"http:?gclid=1\"",
        "\"file:///x?ttclid=1\"", "\"https://\\u0130\\u00ad.example/\"", "\"?=&&=&utm_source=&;gclid=1\"", "\"https://shop.example/p?utm_source=mail\"",
    ];

    private static readonly string[] Nested =
    [
        "{}", "[]", "[[]]", "[{}]", "{\"\":null}", "{\"a\":{\"a\":{\"a\":null}}}", "{\"__proto__\":{\"a\":1}}", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}",
        "{\"\\ud800\":1}", "{\"\\u0000\":1}", "{\"page\":{\"url\":\"/?gclid=1\"}}", "{\"page\":{\"url\":5}}", "{\"page\":[{\"url\":\"x\"}]}",
        "{\"utm_source\":{\"a\":1}}",
        "{\"utm_source\":1e5,\"referrer\":\"/\"}", "{\"first_touch\":{\"utm_source\":\"a\"},\"last_touch\":{}}", "[null,true,1,\"x\",{},[]]",
        "{\"id\":\"s\",\"session_id\":null}",
    ];

    private static readonly string[] Keys =
    [
        "", "glue_user_id", "user_id", "signature", "trusted", "source", "warnings", "\\u0067lue_user_id", "GLUE_USER_ID", "email", "event", "event_id", "session_id", "id", "timestamp", "synced_at", "properties",
        "context", "traits",
        "data", "profile", "sessions", "events", "batch", "type", "attribution", "first_touch", "last_touch", "first_seen", "last_seen", "url", "page",
        "utm_source",
        "a.b", "$", "a\\\"b", "'", "\\u0000", "\\ud800", "\\ud83d\\ude00", "é", "__proto__", "total_events", "identified", "created_at",
    ];

    // What is no JSON at all.
    private static readonly byte[][] Broken =
    [
        .. new[]
        {
            "01", "+1", ".5", "1.", "1e", "--1", "0x10", "NaN", "Infinity", "-Infinity", "'x'", "undefined", "nul", "truee", "\"", "\"\\x\"", "\"\\u12\"",
            "\"\\", "\"\t\"", "\"\n\"",
            "/*c*/1", "1//c", "{", "[", "}", "]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "[1,]", "[,1]", "{1:2}", "{a:1}", "1 2", "",
        }.Select(Bytes),
        "\"\0\""u8.ToArray(), [(byte)'"', 0xFF, (byte)'"'], [(byte)'"', 0xC3, 0x28, (byte)'"'], [(byte)'"', 0xED, 0xA0, 0x80, (byte)'"'],
        [(byte)'"', 0xC0, 0xAF, (byte)'"'], [(byte)'"', 0xF4, 0x90, 0x80, 0x80, (byte)'"'], [(byte)'"', 0xE2, 0x82, (byte)'"'], [0xEF, 0xBB, 0xBF, (byte)'1'],
        [0],
    ];

    // About the limits of names, ids, touches and bodies.
    private static readonly Gen<int> Length = Gen.Frequency(
        (12, Gen.OneOf(99, 100, 101, 254, 255, 256, 511, 2_047, 2_048, 2_049)), (6, Gen.Int[1, 600]), (1, Gen.OneOf(16_384, 65_000, 65_536)));

    private static readonly Gen<string> LongText = Gen.Select(
        Length, Gen.OneOf("a", "a", "é", "😀", "\\u0041", "\\ud83d\\ude00", "\\n", "%", "\\ud800"),
        (length, unit) => $"\"{Repeat(unit, Math.Min(length, MostBytes / unit.Length))}\"");

    private static readonly Gen<string> LongNumber = Gen.Select(
        Gen.Int[1, 1_200], Gen.OneOf("", "-"), Gen.OneOf("", "e9", "E-9", ".5"), (digits, sign, tail) => sign + new string('9', digits) + tail);

    private static readonly Gen<string> Deep = Gen.Select(
        Gen.Frequency((8, Gen.Int[2, 70]), (1, Gen.OneOf(1_000, 9_000))), Gen.Bool,
        (depth, isArray) => isArray ? Repeat("[", depth) + Repeat("]", depth) : Repeat("{\"a\":", depth) + "1" + Repeat("}", depth));

    private static readonly Gen<string> Wide = Gen.Select(
        Gen.Frequency((6, Gen.Int[2, 40]), (2, Gen.Int[250, 262]), (1, Gen.Const(1_100))), Choice.Number,
        (count, first) => "{" + string.Join(',', Enumerable.Range((int)(first % 900), count).Select(i => $"\"k{i}\":{i}")) + "}");

    private static readonly Gen<string> RandomText = Gen.String[0, 12].Select(text => "\"" + JsonEncode(text) + "\"");

    /// <summary>Mostly a value that JSON allows, though hardly any field does.</summary>
    public static Gen<byte[]> Value { get; } = Gen.Frequency(
        (30, Gen.OneOf(Scalars).Select(Bytes)),
        (18, Gen.OneOf(Times).Select(Bytes)),
        (10, Gen.OneOf(Urls).Select(Bytes)),
        (14, Gen.OneOf(Nested).Select(Bytes)),
        (8, LongText.Select(Bytes)),
        (3, LongNumber.Select(Bytes)),
        (3, Deep.Select(Bytes)),
        (3, Wide.Select(Bytes)),
        (5, RandomText.Select(Bytes)),
        (6, Gen.OneOf(Broken)));

    /// <summary>A key with its quotation marks.</summary>
    public static Gen<byte[]> Key { get; } = Gen.Frequency(
        (20, Gen.OneOf(Keys).Select(key => Bytes($"\"{key}\""))),
        (4, RandomText.Select(Bytes)),
        (2, LongText.Select(Bytes)),
        (1, Gen.OneOf(Broken)));

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Repeat(string unit, int times) => new StringBuilder(unit.Length * times).Insert(0, unit, times).ToString();

    // Half a surrogate pair stays half of one.
    private static string JsonEncode(string text) =>
        string.Concat(text.Select(letter => letter is '"' or '\\' or < ' ' || char.IsSurrogate(letter) ? $"\\u{(int)letter:x4}" : letter.ToString()));
}
