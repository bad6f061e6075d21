using IdentityAuth.Domain.Passkeys;
using IdentityAuth.Factors;
using IdentityAuth.Http;

namespace IdentityAuth.Features.Passkeys;

/// <summary>What a browser needs to sign somebody in with a passkey alone (contract §7.4). Tells nothing about accounts.</summary>
public static class GetWebAuthnAuthenticationOptions
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/webauthn/authentication-options", HandleAsync)
        .WithName(nameof(GetWebAuthnAuthenticationOptions))
        .WithSummary("Ask for a passkey")
        .WithDescription("Options for `navigator.credentials.get()` without a list of keys: the authenticator offers the accounts that it knows.")
        .IsLocalSignIn()
        .Limited(Buckets.WebAuthnOptions)
        .Answers<PasskeyRequestOptions>(StatusCodes.Status200OK, "The options.");

    internal static async Task<IResult> HandleAsync(PasskeyFactor passkeys) => TypedResults.Ok(await passkeys.RequestAsync(PasskeyContext.Discoverable));
}
