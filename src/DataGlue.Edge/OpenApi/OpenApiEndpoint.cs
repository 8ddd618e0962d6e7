using System.Globalization;
using System.Reflection;
using DataGlue.Edge.Http;
using DataGlue.Edge.Ingest;
using DataGlue.Edge.Journeys;
using DataGlue.Edge.Monitoring;
using DataGlue.Edge.Regions;
using DataGlue.Edge.Security;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace DataGlue.Edge.OpenApi;

/// <summary>GET /openapi.json: what the server takes and answers, as OpenAPI 3.1, made from its routes and from what each says of itself.</summary>
public static class OpenApiEndpoint
{
    private const string Document = "v1";

    // The framework lists only routes that have a method; it looks for parameters there, of which ours have none.
    private static readonly MethodInfo NoParameters = ((Delegate)Nothing).Method;

    /// <summary>Collects what the routes say of themselves.</summary>
    public static void AddEdgeOpenApi(this IServiceCollection services) => services.AddOpenApi(Document, openApi =>
    {
        openApi.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        openApi.AddOperationTransformer((operation, context, _) =>
        {
            var described = context.Description.ActionDescriptor.EndpointMetadata.OfType<OperationDescription>().Single();
            described.Describe(operation, context.Document!);
            return Task.CompletedTask;
        });
        openApi.AddDocumentTransformer((document, _, _) =>
        {
            Complete(document);
            return Task.CompletedTask;
        });
    });

    /// <summary>Says what this endpoint takes and answers.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="tag">Under which heading it stands.</param>
    /// <param name="describe">Completes its operation.</param>
    public static TBuilder Describe<TBuilder>(this TBuilder endpoint, string tag, Action<OpenApiOperation, OpenApiDocument> describe)
        where TBuilder : IEndpointConventionBuilder
    {
        endpoint.Add(builder =>
        {
            builder.Metadata.Add(new TagsAttribute(tag));
            builder.Metadata.Add(new OperationDescription(describe));
            if (!builder.Metadata.OfType<MethodInfo>().Any())
            {
                builder.Metadata.Add(NoParameters);
            }
        });
        return endpoint;
    }

    /// <summary>Maps the endpoint. The document is made when it is first asked for, once.</summary>
    public static void MapOpenApiDocument(this IEndpointRouteBuilder routes)
    {
        ArgumentNullException.ThrowIfNull(routes);
        byte[]? bytes = null;
        routes.MapGet("/openapi.json", async context =>
        {
            context.Response.ContentType = JsonReply.ContentType;
            bytes ??= await SerializeAsync(routes.ServiceProvider.GetRequiredKeyedService<IOpenApiDocumentProvider>(Document));
            await context.Response.BodyWriter.WriteAsync(bytes, context.RequestAborted);
        }).For(Audience.Public).ExcludeFromDescription();
    }

    private static async Task<byte[]> SerializeAsync(IOpenApiDocumentProvider provider)
    {
        var document = await provider.GetOpenApiDocumentAsync();
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        document.SerializeAsV31(new OpenApiJsonWriter(text));
        return System.Text.Encoding.UTF8.GetBytes(text.ToString());
    }

    private static void Complete(OpenApiDocument document)
    {
        document.Info = new OpenApiInfo
        {
            Title = "DataGlue Edge",
            Version = "1",
            Description = "Takes what visitors do on a website, makes it durable before it answers, and gives each visitor's journey back.",
        };
        document.Servers = [new OpenApiServer { Url = "/" }];
        document.Components ??= new OpenApiComponents();
        document.Components.Schemas = new Dictionary<string, IOpenApiSchema> { [Schemas.Error] = Schemas.ErrorReply() };
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            [Schemas.KeyScheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Header,
                Name = ApiKeys.Header,
                Description = "One of API_KEY. Pages of a listed origin write without it.",
            },
        };
        foreach (var (name, schema) in IngestOperations.Schemas(document).Concat(JourneyOperations.Schemas(document)).Concat(MonitoringOperations.Schemas())
            .Concat(RegionOperations.Schemas(document)))
        {
            document.Components.Schemas.Add(name, schema);
        }
    }

    private static void Nothing()
    {
    }

    private sealed record OperationDescription(Action<OpenApiOperation, OpenApiDocument> Describe);
}
