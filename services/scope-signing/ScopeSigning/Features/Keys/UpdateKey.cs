using ScopeSigning.Data;
using ScopeSigning.Domain;
using ScopeSigning.Http;
using ScopeSigning.OpenApi;
using ScopeSigning.Signing;

namespace ScopeSigning.Features.Keys;

/// <summary>
/// Changes what the token names and leaves the rest: the Authentiq API's <c>key_update</c>. Only the key itself may call it.
/// Verified e-mail and phone scopes handed in here are bound to the key. All or nothing.
/// </summary>
public static class UpdateKey
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/key/{key}", HandleAsync)
        .WithName(nameof(UpdateKey))
        .WithSummary("Update a key")
        .WithDescription(
            "Changes the device token or the public encryption key, and binds verified scopes: once the key has handed in one e-mail " +
            "and one phone scope of this issuer, it can be revoked through them.")
        .TakesKey()
        .TakesToken("A self-signed AuthentiqID whose 'sub' is the key of the path: optionally 'devtoken' (empty clears it), 'pk', and 'scopes', an array of 1 to 10 issuer-signed scope tokens.")
        .Answers<StatusResponse>(200, "Changed; also when the token names nothing to change.")
        .Refuses(
            ScopeSigningProblems.BadRequest, ScopeSigningProblems.AuthError, ScopeSigningProblems.UnknownKey,
            ScopeSigningProblems.DuplicateHash, ScopeSigningProblems.RevokedKey)
        .RefusesTokenBodies();

    internal static async Task<IResult> HandleAsync(
        string key, HttpRequest request, TokenGate gate, KeyStore keys, SealedData sealedData, IssuedScopeVerifier scopes, ScopeValues values,
        CancellationToken cancellationToken)
    {
        if (!SubjectKey.TryParse(key, out _))
        {
            return TokenGate.UnknownKey.ToResult();
        }

        if ((await gate.ReadAsync(request, AuthentiqIdProfile.Update, cancellationToken)).IsRefused(out var refusal, out var token))
        {
            return refusal.ToResult();
        }

        // 14. The token is about the key of the path.
        if (token.Subject.Text != key)
        {
            return ScopeSigningProblems.OtherSubject.ToResult();
        }

        if ((await gate.AdmitAsync(token, cancellationToken)).IsRefused(out refusal, out _))
        {
            return refusal.ToResult();
        }

        var issued = token.Claims.Scopes.Select(text => scopes.Verify(text, token.Subject)).ToList();
        if (issued.Contains(null))
        {
            return ScopeSigningProblems.BadScope.ToResult();
        }

        return (await keys.ChangeAsync(
            token.Subject,
            new KeyChange
            {
                SetsDeviceToken = token.Claims.DeviceToken is not null,
                DeviceToken = token.Claims.DeviceToken is { Length: > 0 } device ? sealedData.Seal(device, SealedKind.DeviceToken, key) : null,
                SetsEncryptionKey = token.Claims.EncryptionKey is not null,
                EncryptionKey = token.Claims.EncryptionKey,
                Email = Newest(issued, ScopeKind.Email) is { } email && EmailAddress.TryParse(email, out var address)
                    ? await values.HashOfAsync(address, cancellationToken)
                    : null,
                Phone = Newest(issued, ScopeKind.Phone) is { } phone && PhoneNumber.TryParse(phone, out var number) ? values.HashOf(number) : null,
                RequiresProof = false,
                IssuedAt = token.Times.IssuedAt,
                Nonce = gate.SpentBy(token),
            },
            cancellationToken)).ToResult();
    }

    private static string? Newest(IEnumerable<IssuedScope?> issued, string scope)
        => issued.Where(token => token!.Scope == scope).MaxBy(token => token!.IssuedAt)?.Value;
}
