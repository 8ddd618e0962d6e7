namespace DataGlue.Edge.Wire.Json;

/// <summary>One member of a JSON object that is taken apart and put together again.</summary>
internal readonly record struct JsonMember(string Name, JsonText Value)
{
    /// <summary>The text, when the value is a string.</summary>
    public string? Text
    {
        get
        {
            // The default of this struct, a member that was not found, has no value.
            var reader = new Utf8JsonReader(Value.Utf8 ?? "null"u8);
            return reader.Read() && reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        }
    }

    /// <summary>Reads the member at whose key <paramref name="reader"/> stands.</summary>
    public static JsonMember Read(ref Utf8JsonReader reader, string label, Faults faults)
    {
        var name = JsonText.ReadString(ref reader);
        reader.Read();
        return new JsonMember(name, JsonText.Read(ref reader, label, faults));
    }

    public static JsonMember OfText(string name, string text) =>
        new(name, new JsonText([(byte)'"', .. JsonEncodedText.Encode(text, ServerJson.Encoder).EncodedUtf8Bytes, (byte)'"'], 0, 0));

    /// <summary>The members of an object.</summary>
    public static List<JsonMember> Of(JsonText value, string label, Faults faults)
    {
        var members = new List<JsonMember>();
        var reader = new Utf8JsonReader(value.Utf8);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            members.Add(Read(ref reader, label, faults));
        }

        return members;
    }

    /// <summary>The members as a JSON object, in their order.</summary>
    public static Utf8Text Object(IEnumerable<JsonMember> members) => Utf8Text.From(
        $"{{{string.Join(',', members.Select(member => $"\"{JsonEncodedText.Encode(member.Name, ServerJson.Encoder).Value}\":{member.Value}"))}}}");

    /// <summary>About how long names and values are, in bytes.</summary>
    public static int SizeOf(IEnumerable<JsonMember> members) => members.Sum(member => member.Name.Length + member.Value.Utf8.Length);

    /// <summary>A hash of the members that does not depend on their order.</summary>
    public static ulong Hash(IEnumerable<JsonMember> members) =>
        members.Aggregate(0UL, (sum, member) => sum + JsonText.Combine(JsonText.HashOf(member.Name), member.Value.Hash));
}
