using System.Text;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace DeviceRegistry.Http;

/// <summary>
/// What an operation says about itself for the API's description. Not the framework's own <c>Accepts</c>: that one also refuses requests,
/// with 415, before the token is looked at.
/// </summary>
internal sealed record RequestBodyMetadata(Type Type, bool IsRequired);

/// <param name="Type">What is answered; <see langword="null"/> for an answer without body.</param>
internal sealed record AnswerMetadata(int Status, Type? Type, string Description, string ContentType);

/// <param name="Problems">In the order in which they are found.</param>
internal sealed record ProblemsMetadata(IReadOnlyList<Problem> Problems);

internal sealed record ParameterMetadata(ParameterLocation In, string Name, string Description);

internal static class ApiDescriptionExtensions
{
    private const string Json = "application/json";

    /// <summary>The request's body, for the description.</summary>
    public static RouteHandlerBuilder Takes<TRequest>(this RouteHandlerBuilder route, bool isRequired = true)
        => route.WithMetadata(new RequestBodyMetadata(typeof(TRequest), isRequired));

    /// <summary>A good answer.</summary>
    public static RouteHandlerBuilder Answers<TResponse>(this RouteHandlerBuilder route, int status, string description, string contentType = Json)
        => route.WithMetadata(new AnswerMetadata(status, typeof(TResponse), description, contentType));

    /// <summary>A good answer without body.</summary>
    public static RouteHandlerBuilder Answers(this RouteHandlerBuilder route, int status, string description)
        => route.WithMetadata(new AnswerMetadata(status, null, description, Json));

    /// <summary>The ways in which the operation refuses, beside those of its group and those that every operation has.</summary>
    public static TBuilder Refuses<TBuilder>(this TBuilder route, params IReadOnlyList<Problem> problems)
        where TBuilder : IEndpointConventionBuilder
        => route.WithMetadata(new ProblemsMetadata(problems));

    /// <summary>A parameter in the path.</summary>
    public static RouteHandlerBuilder HasParameter(this RouteHandlerBuilder route, string name, string description)
        => route.WithMetadata(new ParameterMetadata(ParameterLocation.Path, name, description));

    /// <summary>A parameter in the query.</summary>
    public static RouteHandlerBuilder HasQuery(this RouteHandlerBuilder route, string name, string description)
        => route.WithMetadata(new ParameterMetadata(ParameterLocation.Query, name, description));

    /// <summary>A header that the operation reads.</summary>
    public static RouteHandlerBuilder HasHeader(this RouteHandlerBuilder route, string name, string description)
        => route.WithMetadata(new ParameterMetadata(ParameterLocation.Header, name, description));
}

/// <summary>Writes the descriptions above into the OpenAPI document; its paths are those at the gateway.</summary>
internal static class ApiDescription
{
    private const string ProblemSchema = "Problem";

    public static void Configure(OpenApiOptions options)
    {
        options.AddDocumentTransformer((document, context, cancellationToken) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "Device registry",
                Version = "v1",
                Description = "Keeps the devices that members of a group have enrolled, their public keys, who is online, and the wrapped copies of "
                    + "the group's end-to-end key. Wrapped keys and secrets are opaque here: clients encrypt them, and nobody else can open them.",
            };
            // Configuration, not the host that a request happens to name: the gateway is where clients look.
            document.Servers = [new OpenApiServer { Url = PlatformAddress.BaseUrl(context.ApplicationServices.GetRequiredService<IConfiguration>()), Description = "The gateway" }];
            document.Components ??= new OpenApiComponents();
            document.Components.Schemas ??= new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal);
            document.Components.Schemas[ProblemSchema] = DescribeProblem();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
            {
                [SecuritySchemes.Bearer] = new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.Http, Scheme = "bearer", BearerFormat = "JWT",
                    Description = "A JWT of identity-auth or of another configured issuer. GET also takes it in the cookie `loopToken`.",
                },
            };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer(DescribeAsync);
    }

    private static async Task DescribeAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        if (metadata.OfType<RequestBodyMetadata>().LastOrDefault() is { } body)
        {
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = body.IsRequired,
                Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
                {
                    ["application/json"] = new() { Schema = await SchemaAsync(body.Type, context, cancellationToken) },
                },
            };
        }

        operation.Responses = [];
        foreach (var answer in metadata.OfType<AnswerMetadata>())
        {
            var response = new OpenApiResponse { Description = answer.Description };
            if (answer.Type is not null)
            {
                response.Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
                {
                    [answer.ContentType] = new() { Schema = await SchemaAsync(answer.Type, context, cancellationToken) },
                };
            }

            operation.Responses[Text(answer.Status)] = response;
        }

        foreach (var group in metadata.OfType<ProblemsMetadata>().SelectMany(one => one.Problems).Append(DeviceRegistryProblems.ServiceUnavailable).GroupBy(problem => problem.Status).OrderBy(group => group.Key))
        {
            operation.Responses[Text(group.Key)] = new OpenApiResponse
            {
                Description = Describe(group),
                Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
                {
                    ["application/json"] = new() { Schema = new OpenApiSchemaReference(ProblemSchema, context.Document) },
                },
            };
        }

        foreach (var parameter in metadata.OfType<ParameterMetadata>())
        {
            Describe(operation, parameter);
        }

        if (metadata.OfType<SecuritySchemeMetadata>().LastOrDefault() is { } security)
        {
            operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(security.Name, context.Document)] = [] }];
        }
    }

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

    private static string Describe(IEnumerable<Problem> problems)
    {
        var text = new StringBuilder();
        foreach (var problem in problems.Distinct())
        {
            text.Append(text.Length == 0 ? "" : "\n").Append("- `").Append(problem.Error).Append("`: ").Append(problem.Message);
        }

        return text.ToString();
    }

    private static void Describe(OpenApiOperation operation, ParameterMetadata parameter)
    {
        operation.Parameters ??= [];
        if (operation.Parameters.OfType<OpenApiParameter>().FirstOrDefault(one => one.Name == parameter.Name) is not { } described)
        {
            described = new OpenApiParameter
            {
                Name = parameter.Name, In = parameter.In, Required = parameter.In == ParameterLocation.Path, Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            };
            operation.Parameters.Add(described);
        }

        described.Description = parameter.Description;
    }

    private static OpenApiSchema DescribeProblem() => new()
    {
        Type = JsonSchemaType.Object,
        Description = "Why a request was refused.",
        Required = new HashSet<string>(StringComparer.Ordinal) { "error", "message", "requestId" },
        Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
        {
            ["error"] = Text("The stable code."),
            ["message"] = Text("For people; may change."),
            ["requestId"] = Text("The correlation id, as in `X-Correlation-Id`."),
            ["fields"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Description = "With `VALIDATION_FAILED`: each faulty field with the reason.",
                AdditionalProperties = Text("The reason."),
            },
            ["keyVersion"] = Number("With `KEY_VERSION_CONFLICT`: the current version."),
            ["version"] = Number("With `SECRETS_VERSION_CONFLICT`: the current version."),
            ["deviceIds"] = new OpenApiSchema { Type = JsonSchemaType.Array, Description = "With `INVALID_DEVICE_KEYS`: the entries at fault.", Items = Text("A device id.") },
            ["current"] = Number("With `DEVICE_LIMIT_REACHED`: the devices that there are."),
            ["max"] = Number("With `DEVICE_LIMIT_REACHED`: the devices that there may be."),
            ["limitReached"] = new OpenApiSchema { Type = JsonSchemaType.Boolean, Description = "With `DEVICE_LIMIT_REACHED`: true." },
        },
    };

    private static OpenApiSchema Number(string description) => new() { Type = JsonSchemaType.Integer, Description = description };

    private static OpenApiSchema Text(string description) => new() { Type = JsonSchemaType.String, Description = description };

    private static string Text(int status) => status.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>Names of the ways to authenticate, in the description.</summary>
internal static class SecuritySchemes
{
    public const string Bearer = "bearer";
}

internal sealed record SecuritySchemeMetadata(string Name);
