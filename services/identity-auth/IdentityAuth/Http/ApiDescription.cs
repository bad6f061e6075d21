using Microsoft.OpenApi;

namespace IdentityAuth.Http;

/// <summary>What the API says about itself as a whole.</summary>
internal static class ApiDescription
{
    public static DescribedApi Api { get; } = new()
    {
        Info = new OpenApiInfo
        {
            Title = "Identity",
            Version = "v1",
            Description = "Accounts of people: registration, sign-in with any factor, sessions, recovery and the own account. The session token that "
                + "a sign-in gives goes bare into the header Authorization.",
        },
        BaseUrl = services => services.GetRequiredService<PlatformUrls>().Base,
        SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
        {
            [SecuritySchemes.Session] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header, Name = "Authorization", Description = "The session token, `flx_…`, bare.",
            },
        },
        Refusal = ("Error", "application/json", Problem()),
        Unavailable = IdentityAuthProblems.ServiceUnavailable,
    };

    /// <summary>Sensitive: takes the sudo fields beside its own, and the sudo token (contract §1.8).</summary>
    public static RouteHandlerBuilder NeedsSudo(this RouteHandlerBuilder route)
        => route.HasHeader(Sudo.HeaderName, "A sudo token from before, instead of the sudo fields.").Refuses(IdentityAuthProblems.SudoModeRequired);

    private static OpenApiSchema Problem() => new()
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
}

/// <summary>Names of the ways to authenticate, in the description.</summary>
internal static class SecuritySchemes
{
    public const string Session = "session";
}
