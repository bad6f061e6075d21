using Microsoft.OpenApi;

namespace DeviceRegistry.Http;

/// <summary>What the API says about itself as a whole.</summary>
internal static class ApiDescription
{
    public static DescribedApi Api { get; } = new()
    {
        Info = new OpenApiInfo
        {
            Title = "Device registry",
            Version = "v1",
            Description = "Keeps the devices that members of a group have enrolled, their public keys, who is online, and the wrapped copies of "
                + "the group's end-to-end key. Wrapped keys and secrets are opaque here: clients encrypt them, and nobody else can open them.",
        },
        BaseUrl = services => PlatformAddress.BaseUrl(services.GetRequiredService<IConfiguration>()),
        SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
        {
            [SecuritySchemes.Bearer] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http, Scheme = "bearer", BearerFormat = "JWT",
                Description = "A JWT of identity-auth or of another configured issuer. GET also takes it in the cookie `loopToken`.",
            },
        },
        Refusal = ("Problem", "application/json", Problem()),
        Unavailable = DeviceRegistryProblems.ServiceUnavailable,
    };

    /// <summary>The group's number in the path.</summary>
    public static TBuilder HasGroupId<TBuilder>(this TBuilder route)
        where TBuilder : IEndpointConventionBuilder
        => route.HasParameter("groupId", "The group's number, 1–9007199254740991.", JsonSchemaType.Integer);

    private static OpenApiSchema Problem() => new()
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
}

/// <summary>Names of the ways to authenticate, in the description.</summary>
internal static class SecuritySchemes
{
    public const string Bearer = "bearer";
}
