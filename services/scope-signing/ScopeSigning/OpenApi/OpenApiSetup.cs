using Microsoft.OpenApi;

namespace ScopeSigning.OpenApi;

/// <summary>The OpenAPI document at <c>/openapi/v1.json</c>.</summary>
internal static class OpenApiSetup
{
    /// <summary>The routes that clients find below the service's own name: at the gateway's root they would be another service's, or nobody's.</summary>
    private static readonly string[] BelowTheName = ["/errors/", "/.well-known/", "/test/"];

    public static IServiceCollection AddApiDocument(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "scope-signing",
                Version = "1",
                Description =
                    "Identities that are keys, and personal facts (scopes) that anybody can verify offline. It speaks the Authentiq API, version 6. " +
                    "Every request body is a compact JWS signed with EdDSA (Ed25519) by the key in its 'sub', and is taken once.",
            };

            // Paths are those at the gateway.
            var paths = new OpenApiPaths();
            foreach (var (path, item) in document.Paths)
            {
                paths.Add(BelowTheName.Any(prefix => path.StartsWith(prefix, StringComparison.Ordinal)) ? $"/{ScopeSigningExtensions.ServiceName}{path}" : path, item);
            }

            document.Paths = paths;
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            var metadata = context.Description.ActionDescriptor.EndpointMetadata;
            foreach (var parameter in metadata.OfType<ParameterDoc>())
            {
                Describe(operation, parameter);
            }

            if (metadata.OfType<BodyDoc>().FirstOrDefault() is { } body)
            {
                operation.RequestBody = new OpenApiRequestBody
                {
                    Description = body.Description,
                    Required = body.Required,
                    Content = body.MediaTypes.ToDictionary(
                        type => type,
                        type => new OpenApiMediaType
                        {
                            Schema = new OpenApiSchema { Type = body.Required ? JsonSchemaType.String : JsonSchemaType.Object, Description = body.Description },
                        },
                        StringComparer.Ordinal),
                };
            }

            foreach (var response in metadata.OfType<ResponseDoc>().GroupBy(doc => doc.Status))
            {
                if (operation.Responses?.TryGetValue(response.Key.ToString(System.Globalization.CultureInfo.InvariantCulture), out var described) == true)
                {
                    described.Description = string.Join(" ", response.Select(doc => doc.Description));
                }
            }

            return Task.CompletedTask;
        });
    });

    private static void Describe(OpenApiOperation operation, ParameterDoc doc)
    {
        operation.Parameters ??= [];
        var existing = operation.Parameters.FirstOrDefault(parameter => parameter.Name == doc.Name);
        if (existing is not null)
        {
            existing.Description = doc.Description;
            return;
        }

        operation.Parameters.Add(new OpenApiParameter
        {
            Name = doc.Name,
            In = doc.InPath ? ParameterLocation.Path : ParameterLocation.Query,
            Required = doc.Required,
            Description = doc.Description,
            Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        });
    }
}
