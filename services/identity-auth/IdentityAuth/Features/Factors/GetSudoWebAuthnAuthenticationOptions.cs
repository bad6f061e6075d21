using IdentityAuth.Data;
using IdentityAuth.Domain.Passkeys;
using IdentityAuth.Factors;
using IdentityAuth.Http;

namespace IdentityAuth.Features.Factors;

/// <summary>What a browser needs to ask a security key for sudo mode (contract §8.3).</summary>
public static class GetSudoWebAuthnAuthenticationOptions
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/sudo/webauthn/authentication-options", HandleAsync)
        .WithName(nameof(GetSudoWebAuthnAuthenticationOptions))
        .WithSummary("Ask for a security key for sudo mode")
        .WithDescription("Options for `navigator.credentials.get()` with all keys of the account.")
        .NeedsUnsuspiciousSession()
        .Limited(Buckets.SudoWebAuthn)
        .Answers<PasskeyRequestOptions>(StatusCodes.Status200OK, "The options.")
        .Refuses(IdentityAuthProblems.NoPasskeysRegistered);

    internal static async Task<IResult> HandleAsync(
        HttpContext http, CredentialStore credentials, PasskeyFactor passkeys, CancellationToken cancellationToken)
    {
        var userId = http.Caller.User.Id;
        var keys = await credentials.ListAsync(userId, cancellationToken);
        return keys.Count == 0
            ? IdentityAuthProblems.NoPasskeysRegistered
            : TypedResults.Ok(await passkeys.RequestAsync(PasskeyContext.Sudo, keys, userId));
    }
}
