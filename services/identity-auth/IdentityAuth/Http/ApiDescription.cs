using System.Text;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace IdentityAuth.Http;

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

    /// <summary>A member of the query that the operation needs.</summary>
    public static RouteHandlerBuilder HasQuery(this RouteHandlerBuilder route, string name, string description)
        => route.WithMetadata(new ParameterMetadata(ParameterLocation.Query, name, description));

    /// <summary>Sensitive: takes the sudo fields beside its own, and the sudo token (contract §1.8).</summary>
    public static RouteHandlerBuilder NeedsSudo(this RouteHandlerBuilder route)
        => route.HasHeader(Sudo.HeaderName, "A sudo token from before, instead of the sudo fields.").Refuses(IdentityAuthProblems.SudoModeRequired);

    /// <summary>A header that the operation reads.</summary>
    public static RouteHandlerBuilder HasHeader(this RouteHandlerBuilder route, string name, string description)
        => route.WithMetadata(new ParameterMetadata(ParameterLocation.Header, name, description));
}

/// <summary>Writes the descriptions above into the OpenAPI document; its paths are those at the gateway.</summary>
internal static class ApiDescription
{
    private const string ProblemSchema = "Error";

    public static void Configure(OpenApiOptions options)
    {
        options.AddDocumentTransformer((document, context, cancellationToken) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "Identity",
                Version = "v1",
                Description = "Accounts of people: registration, sign-in with any factor, sessions, recovery and the own account. The session token that "
                    + "a sign-in gives goes bare into the header Authorization.",
            };
            // Configuration, not the host that a request happens to name: the gateway is where clients look.
            document.Servers = [new OpenApiServer { Url = context.ApplicationServices.GetRequiredService<PlatformUrls>().Base, Description = "The gateway" }];
            document.Components ??= new OpenApiComponents();
            document.Components.Schemas ??= new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal);
            document.Components.Schemas[ProblemSchema] = DescribeProblem();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
            {
                [SecuritySchemes.Session] = new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header, Name = "Authorization", Description = "The session token, `flx_…`, bare.",
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

        foreach (var group in metadata.OfType<ProblemsMetadata>().SelectMany(one => one.Problems).Append(IdentityAuthProblems.ServiceUnavailable).GroupBy(problem => problem.Status).OrderBy(group => group.Key))
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
            text.Append(text.Length == 0 ? "" : "\n").Append("- `").Append(problem.Code).Append("`: ").Append(problem.Message);
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
        Description = "A refusal. Some codes come with further members.",
        Required = new HashSet<string>(StringComparer.Ordinal) { "code", "message" },
        Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
        {
            ["code"] = Text("The stable code."),
            ["message"] = Text("A text for people; not part of the contract."),
            ["errors"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Array,
                Description = "With `INVALID_FORM_BODY`: what is wrong with which field.",
                Items = new OpenApiSchema
                {
                    Type = JsonSchemaType.Object,
                    Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
                    {
                        ["path"] = Text("The field, or `root`."),
                        ["code"] = Text("The stable code."),
                        ["message"] = Text("A text for people."),
                    },
                },
            },
        },
    };

    private static OpenApiSchema Text(string description) => new() { Type = JsonSchemaType.String, Description = description };

    private static string Text(int status) => status.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>Names of the ways to authenticate, in the description.</summary>
internal static class SecuritySchemes
{
    public const string Session = "session";
}

internal sealed record SecuritySchemeMetadata(string Name);
