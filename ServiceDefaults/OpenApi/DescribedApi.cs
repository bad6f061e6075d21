using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace ServiceDefaults.OpenApi;

/// <summary>
/// What an API says about itself as a whole; with <see cref="OperationDescription"/> it becomes the OpenAPI document, whose paths are those at the
/// gateway.
/// </summary>
public sealed class DescribedApi
{
    /// <summary>Title and what the API is for.</summary>
    public required OpenApiInfo Info { get; init; }

    /// <summary>The gateway's address as configured, not the host that a request happens to name: the gateway is where clients look.</summary>
    public required Func<IServiceProvider, string> BaseUrl { get; init; }

    /// <summary>The ways to authenticate, by name.</summary>
    public required IReadOnlyDictionary<string, IOpenApiSecurityScheme> SecuritySchemes { get; init; }

    /// <summary>The body of every refusal, with its name and media type.</summary>
    public required (string Name, string MediaType, OpenApiSchema Schema) Refusal { get; init; }

    /// <summary>How every operation refuses while what it needs is away.</summary>
    public required IDescribedRefusal Unavailable { get; init; }

    /// <summary>For <c>AddOpenApi</c>, which the service calls itself: its generator takes the texts from the comments of the project that calls it.</summary>
    public void Configure(OpenApiOptions options)
    {
        options.AddDocumentTransformer((document, context, _) =>
        {
            document.Info = Info;
            document.Servers = [new OpenApiServer { Url = BaseUrl(context.ApplicationServices), Description = "The gateway" }];
            document.Components ??= new OpenApiComponents();
            document.Components.Schemas ??= new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal);
            document.Components.Schemas[Refusal.Name] = Refusal.Schema;
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(SecuritySchemes, StringComparer.Ordinal);
            return Task.CompletedTask;
        });
        options.AddOperationTransformer(DescribeAsync);
    }

    private async Task DescribeAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        if (metadata.OfType<DescribedBody>().LastOrDefault() is { } body)
        {
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = body.IsRequired,
                Content = ContentOf("application/json", await SchemaAsync(body.Type, context, cancellationToken)),
            };
        }

        operation.Responses = [];
        foreach (var answer in metadata.OfType<DescribedAnswer>())
        {
            operation.Responses[Text(answer.Status)] = new OpenApiResponse
            {
                Description = answer.Description,
                Content = answer.Type is null ? null : ContentOf(answer.ContentType, await SchemaAsync(answer.Type, context, cancellationToken)),
            };
        }

        foreach (var group in metadata.OfType<DescribedRefusals>().SelectMany(one => one.Refusals).Append(Unavailable).GroupBy(refusal => refusal.Status).OrderBy(group => group.Key))
        {
            operation.Responses[Text(group.Key)] = new OpenApiResponse
            {
                Description = Describe(group),
                Content = ContentOf(Refusal.MediaType, new OpenApiSchemaReference(Refusal.Name, context.Document)),
            };
        }

        foreach (var parameter in metadata.OfType<DescribedParameter>())
        {
            Describe(operation, parameter);
        }

        if (metadata.OfType<DescribedSecurity>().LastOrDefault() is { } security)
        {
            operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(security.Scheme, context.Document)] = [] }];
        }
    }

    private static Dictionary<string, OpenApiMediaType> ContentOf(string mediaType, IOpenApiSchema schema)
        => new(StringComparer.Ordinal) { [mediaType] = new OpenApiMediaType { Schema = schema } };

    private static async Task<IOpenApiSchema> SchemaAsync(Type type, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var schema = await context.GetOrCreateSchemaAsync(type, null, cancellationToken);
        if (type.IsGenericType || context.Document is not { } document)
        {
            return schema;
        }

        document.AddComponent(type.Name, schema);
        return new OpenApiSchemaReference(type.Name, document);
    }

    private static string Describe(IEnumerable<IDescribedRefusal> refusals)
    {
        var text = new StringBuilder();
        foreach (var refusal in refusals.Distinct())
        {
            text.Append(text.Length == 0 ? "" : "\n").Append("- `").Append(refusal.Code).Append("`: ").Append(refusal.Meaning);
        }

        return text.ToString();
    }

    private static void Describe(OpenApiOperation operation, DescribedParameter parameter)
    {
        operation.Parameters ??= [];
        if (operation.Parameters.OfType<OpenApiParameter>().FirstOrDefault(one => one.Name == parameter.Name) is not { } described)
        {
            described = new OpenApiParameter
            {
                Name = parameter.Name, In = parameter.In, Required = parameter.In == ParameterLocation.Path, Schema = new OpenApiSchema { Type = parameter.Type },
            };
            operation.Parameters.Add(described);
        }

        described.Description = parameter.Description;
    }

    private static string Text(int status) => status.ToString(CultureInfo.InvariantCulture);
}
