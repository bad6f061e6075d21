using IdentityAuth.Tokens;

namespace IdentityAuth.Features.Tokens;

/// <summary>Who issues access tokens, and where its keys are (OpenID Connect Discovery 1.0 §4.2, RFC 8414 §3.2).</summary>
public static class GetProviderConfiguration
{
    private static readonly string[] Algorithms = ["ES256"];

    // Anonymous: services look here for keys.
    public static void Map(RouteGroupBuilder group) => group.MapGet("/openid-configuration", Handle)
        .WithName(nameof(GetProviderConfiguration))
        .WithSummary("The token issuer's configuration")
        .WithDescription("What a service needs to verify access tokens: issuer and key set. There is no authorization endpoint: people sign in by this API.")
        .Answers<ProviderConfigurationResponse>(StatusCodes.Status200OK, "The configuration; may be cached for five minutes.");

    internal static IResult Handle(AccessTokens tokens, PlatformUrls urls) => TypedResults.Ok(new ProviderConfigurationResponse(
        tokens.Issuer, $"{tokens.Issuer}/.well-known/jwks.json", $"{urls.Base}/v1/auth/token", Algorithms));
}

/// <summary>The issuer of access tokens.</summary>
/// <param name="Issuer">Claim <c>iss</c>.</param>
/// <param name="JwksUri">Where its keys are.</param>
/// <param name="TokenEndpoint">Where a session gets a token.</param>
/// <param name="IdTokenSigningAlgValuesSupported">How tokens are signed.</param>
public sealed record ProviderConfigurationResponse(
    string Issuer, string JwksUri, string TokenEndpoint, IReadOnlyList<string> IdTokenSigningAlgValuesSupported);
