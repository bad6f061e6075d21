using System.Buffers.Text;
using IdentityAuth.Data;
using IdentityAuth.Http;

namespace IdentityAuth.Features.Factors;

/// <summary>The caller's security keys and passkeys (contract §8.6).</summary>
public static class ListWebAuthnCredentials
{
    public static void Map(RouteGroupBuilder group) => group.MapGet("/mfa/webauthn/credentials", HandleAsync)
        .WithName(nameof(ListWebAuthnCredentials))
        .WithSummary("List the security keys")
        .WithDescription("The passkeys and security keys of the account, the oldest first.")
        .NeedsUnsuspiciousSession()
        .Limited(Buckets.CredentialList)
        .Answers<WebAuthnCredentialResponse[]>(StatusCodes.Status200OK, "The keys.");

    internal static async Task<IResult> HandleAsync(HttpContext http, CredentialStore credentials, CancellationToken cancellationToken)
    {
        var keys = await credentials.ListAsync(http.Caller.User.Id, cancellationToken);
        return TypedResults.Ok(keys
            .Select(key => new WebAuthnCredentialResponse(Base64Url.EncodeToString(key.Id), key.Name, key.CreatedAt, key.LastUsedAt))
            .ToArray());
    }
}

/// <summary>A security key or passkey.</summary>
/// <param name="Id">Chosen by the authenticator, base64url.</param>
/// <param name="Name">Chosen by the owner.</param>
/// <param name="CreatedAt">When it was added.</param>
/// <param name="LastUsedAt">When it was used last.</param>
public sealed record WebAuthnCredentialResponse(string Id, string Name, DateTimeOffset CreatedAt, DateTimeOffset? LastUsedAt);
