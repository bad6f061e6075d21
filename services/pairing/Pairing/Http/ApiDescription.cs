using Microsoft.OpenApi;

namespace Pairing.Http;

/// <summary>What the API says about itself as a whole.</summary>
internal static class ApiDescription
{
    public static DescribedApi Api { get; } = new()
    {
        Info = new OpenApiInfo
        {
            Title = "Pairing",
            Version = "v1",
            Description = "Links one phone to one user of a tenant: the login server shows a QR code with a one-time token; the phone presents "
                + "it, announces its public key, gets a nonce and proves with a signature that it holds the private key.",
        },
        BaseUrl = services => services.GetRequiredService<IConfiguration>()["Platform:BaseUrl"]?.TrimEnd('/') is { Length: > 0 } url ? url : "http://localhost:8080",
        SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
        {
            [SecuritySchemes.PairingToken] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http, Scheme = "bearer", BearerFormat = "JWT", Description = "The token from the QR code.",
            },
            [SecuritySchemes.TenantKey] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header, Name = ApiKeyFilters.HeaderName, Description = "The tenant's key.",
            },
            [SecuritySchemes.AdminKey] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header, Name = ApiKeyFilters.HeaderName, Description = "The administrator's key.",
            },
        },
        Refusal = ("Problem", "application/problem+json", Problem()),
        Unavailable = PairingProblems.ServiceUnavailable,
    };

    private static OpenApiSchema Problem() => new()
    {
        Type = JsonSchemaType.Object,
        Description = "Problem details (RFC 9457).",
        Required = new HashSet<string>(StringComparer.Ordinal) { "type", "title", "status", "detail", "error", "timestamp" },
        Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
        {
            ["type"] = Text("Always `about:blank`."),
            ["title"] = Text("What kind of refusal it is, in words."),
            ["status"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Description = "The HTTP status." },
            ["detail"] = Text("The same as `error`."),
            ["error"] = Text("The stable code."),
            ["timestamp"] = Text("When it happened: RFC 3339 with milliseconds, UTC."),
            ["fields"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Description = "With `validation_failed`: each faulty field with the reason.",
                AdditionalProperties = Text("The reason."),
            },
        },
    };

    private static OpenApiSchema Text(string description) => new() { Type = JsonSchemaType.String, Description = description };
}

/// <summary>Names of the ways to authenticate, in the description.</summary>
internal static class SecuritySchemes
{
    public const string PairingToken = "pairingToken";
    public const string TenantKey = "tenantKey";
    public const string AdminKey = "adminKey";
}
