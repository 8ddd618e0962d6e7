using System.Globalization;
using System.Text.Json.Nodes;
using DataGlue.Edge.Http;
using Microsoft.OpenApi;

namespace DataGlue.Edge.OpenApi;

/// <summary>What an operation says of itself.</summary>
internal static class OperationExtensions
{
    private static readonly Dictionary<int, string> Errors = new()
    {
        [StatusCodes.Status400BadRequest] = "Bad input; every fault of the body is named at once",
        [StatusCodes.Status401Unauthorized] = "No key, or a wrong one",
        [StatusCodes.Status403Forbidden] = "Pages of this origin may not call this server",
        [StatusCodes.Status404NotFound] = "There is nothing of this name",
        [StatusCodes.Status408RequestTimeout] = "The body came too slowly",
        [StatusCodes.Status409Conflict] = "The event_id belongs to another glue_user_id; nothing has changed",
        [StatusCodes.Status413PayloadTooLarge] = "The body is too large, decompressed",
        [StatusCodes.Status415UnsupportedMediaType] = "Another content type or encoding than those that are read",
        [StatusCodes.Status421MisdirectedRequest] = "Another database than the one that the edge knows as its home",
        [StatusCodes.Status429TooManyRequests] = "More requests in a minute than RATE_LIMIT",
        [StatusCodes.Status500InternalServerError] = "A fault of the server; its log says more",
        [StatusCodes.Status501NotImplemented] = "A relay of a later format than this version reads",
        [StatusCodes.Status503ServiceUnavailable] = "Storage cannot be used at present; nothing was stored",
        [StatusCodes.Status508LoopDetected] = "This is an edge itself, and takes nothing from another",
    };

    public static OpenApiOperation Named(this OpenApiOperation operation, string id, string summary, string description)
    {
        operation.OperationId = id;
        operation.Summary = summary;
        operation.Description = description;
        operation.Responses = [];
        operation.Parameters = null;
        return operation;
    }

    /// <summary>The key, and, for a post of pages, none.</summary>
    public static OpenApiOperation Secured(this OpenApiOperation operation, OpenApiDocument document, bool orOpen = false)
    {
        operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Schemas.KeyScheme, document)] = [] }];
        if (orOpen)
        {
            operation.Security.Add([]);
        }

        return operation;
    }

    public static OpenApiOperation Takes(this OpenApiOperation operation, string schema, OpenApiDocument document, params (string Name, string Json)[] examples)
    {
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Description = "Under application/json, text/plain (what navigator.sendBeacon sends) or no content type; Content-Encoding may be gzip, br or deflate",
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["application/json"] = new OpenApiMediaType
                {
                    Schema = Schemas.Reference(schema, document),
                    Examples = examples.ToDictionary(
                        example => example.Name, IOpenApiExample (example) => new OpenApiExample { Value = Schemas.Json(example.Json) }),
                },
                ["text/plain"] = new OpenApiMediaType { Schema = Schemas.Reference(schema, document) },
            },
        };
        return operation;
    }

    public static OpenApiOperation Parameter(
        this OpenApiOperation operation, ParameterLocation location, string name, IOpenApiSchema schema, string description, JsonNode example)
    {
        operation.Parameters ??= [];
        operation.Parameters.Add(new OpenApiParameter
        {
            Name = name,
            In = location,
            Required = location == ParameterLocation.Path,
            Description = description,
            Schema = schema,
            Example = example,
        });
        return operation;
    }

    public static OpenApiOperation Answers(this OpenApiOperation operation, string description, string contentType, IOpenApiSchema schema)
    {
        operation.Responses!["200"] = new OpenApiResponse
        {
            Description = description,
            Content = new Dictionary<string, OpenApiMediaType> { [contentType] = new OpenApiMediaType { Schema = schema } },
        };
        return operation;
    }

    public static OpenApiOperation Fails(this OpenApiOperation operation, OpenApiDocument document, params int[] statuses)
    {
        foreach (var status in statuses)
        {
            operation.Responses![status.ToString(CultureInfo.InvariantCulture)] = new OpenApiResponse
            {
                Description = Errors[status],
                Headers = status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable ? RetryAfter() : null,
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    [JsonReply.MediaType] = new OpenApiMediaType { Schema = Schemas.Reference(Schemas.Error, document) },
                },
            };
        }

        return operation;
    }

    private static Dictionary<string, IOpenApiHeader> RetryAfter() => new()
    {
        ["Retry-After"] = new OpenApiHeader { Description = "Seconds after which to try again", Schema = Schemas.Count("Seconds") },
    };
}
