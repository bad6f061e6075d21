using System.Text.Json.Serialization;
using IdentityAuth.Domain;
using IdentityAuth.Http;

namespace IdentityAuth.Features.Factors;

/// <summary>With which factors the caller can prove that it is him (contract §8.3).</summary>
public static class ListSudoMfaMethods
{
    public static void Map(RouteGroupBuilder group) => group.MapGet("/sudo/mfa-methods", Handle)
        .WithName(nameof(ListSudoMfaMethods))
        .WithSummary("List the factors for sudo mode")
        .WithDescription("Which second factors are on. Without any, the password is the proof.")
        .NeedsUnsuspiciousSession()
        .Limited(Buckets.SudoMethods)
        .Answers<SudoMfaMethodsResponse>(StatusCodes.Status200OK, "The factors.");

    internal static IResult Handle(HttpContext http)
    {
        var user = http.Caller.User;
        return TypedResults.Ok(new SudoMfaMethodsResponse(
            user.Authenticators.HasFlag(AuthenticatorTypes.Totp),
            user.Authenticators.HasFlag(AuthenticatorTypes.Sms),
            user.Authenticators.HasFlag(AuthenticatorTypes.WebAuthn),
            user.HasMfa));
    }
}

/// <summary>Which factors are on.</summary>
/// <param name="Totp">An authenticator app.</param>
/// <param name="Sms">Text messages.</param>
/// <param name="WebAuthn">A security key or passkey.</param>
/// <param name="HasMfa">Any of them.</param>
public sealed record SudoMfaMethodsResponse(bool Totp, bool Sms, [property: JsonPropertyName("webauthn")] bool WebAuthn, bool HasMfa);
