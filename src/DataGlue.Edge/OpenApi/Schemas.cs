using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace DataGlue.Edge.OpenApi;

/// <summary>The schemas of which those of the requests and replies are made.</summary>
internal static class Schemas
{
    public const string Error = "Error";

    public const string KeyScheme = "apiKey";

    public static OpenApiSchema Text(string description) => new() { Type = JsonSchemaType.String, Description = description };

    /// <summary>Text of 1 to so many characters.</summary>
    public static OpenApiSchema Text(int most, string description) =>
        new() { Type = JsonSchemaType.String, MinLength = 1, MaxLength = most, Description = description };

    public static OpenApiSchema OptionalText(string description) =>
        new() { Type = JsonSchemaType.String | JsonSchemaType.Null, Description = description };

    public static OpenApiSchema Count(string description) => new() { Type = JsonSchemaType.Integer, Minimum = "0", Description = description };

    public static OpenApiSchema Flag(string description) => new() { Type = JsonSchemaType.Boolean, Description = description };

    /// <summary>What every reply begins with.</summary>
    public static OpenApiSchema Success() => new() { Type = JsonSchemaType.Boolean, Enum = [true], Description = "Always true" };

    /// <summary>An instant of a request.</summary>
    public static OpenApiSchema GivenInstant(string description) => new()
    {
        Description = description + "; from 1970 to 24 hours ahead of receipt",
        OneOf =
        [
            new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64", Description = "Milliseconds since 1970" },
            new OpenApiSchema { Type = JsonSchemaType.String, Format = "date-time" },
        ],
    };

    /// <summary>An instant of a reply.</summary>
    public static OpenApiSchema Instant(string description) => new()
    {
        Type = JsonSchemaType.String | JsonSchemaType.Null,
        Format = "date-time",
        Description = description + "; in UTC, with milliseconds",
    };

    /// <summary>An object of any members.</summary>
    public static OpenApiSchema Any(string description) => new() { Type = JsonSchemaType.Object, Description = description };

    /// <summary>An object of any members that may be absent or null, which means the same as empty.</summary>
    public static OpenApiSchema OptionalAny(string description) => new() { Type = JsonSchemaType.Object | JsonSchemaType.Null, Description = description };

    /// <summary>An object of these members, and perhaps more.</summary>
    public static OpenApiSchema Object(string description, string[] required, params (string Name, IOpenApiSchema Schema)[] members) => new()
    {
        Type = JsonSchemaType.Object,
        Description = description,
        Required = required.ToHashSet(),
        Properties = members.ToDictionary(member => member.Name, member => member.Schema),
    };

    public static OpenApiSchema Many(IOpenApiSchema of, int? most, string description) =>
        new() { Type = JsonSchemaType.Array, Items = of, MaxItems = most, Description = description };

    public static OpenApiSchemaReference Reference(string name, OpenApiDocument document) => new(name, document);

    public static OpenApiSchema ErrorReply() => Object(
        "The body of every error",
        ["success", "error"],
        ("success", new OpenApiSchema { Type = JsonSchemaType.Boolean, Enum = [false] }),
        ("error", Text("A sentence that says what to change")));

    /// <summary>The JSON of an example.</summary>
    public static JsonNode Json(string text) => JsonNode.Parse(text)!;
}
