using ScopeSigning.Data;
using ScopeSigning.Domain;
using ScopeSigning.Http;
using ScopeSigning.OpenApi;
using ScopeSigning.Signing;

namespace ScopeSigning.Features.Keys;

/// <summary>
/// Replaces a registration: the Authentiq API's <c>key_bind</c>. Only the key itself may call it. What the token does not name is
/// cleared, except the binding. An e-mail and phone pair is bound when this service has verified both for this key; otherwise
/// anybody could squat on a stranger's pair.
/// </summary>
public static class ReplaceKey
{
    public static void Map(RouteGroupBuilder group) => group.MapPut("/key/{key}", HandleAsync)
        .WithName(nameof(ReplaceKey))
        .WithSummary("Replace a registration and bind e-mail and phone")
        .WithDescription(
            "Sets the device token and the public encryption key, clearing what the token does not name. With 'email' and 'phone', " +
            "both verified for this key before, it binds the pair; without them an existing binding stays.")
        .TakesKey()
        .TakesToken("A self-signed AuthentiqID whose 'sub' is the key of the path: optionally 'devtoken', 'pk', and 'email' with 'phone'.")
        .Answers<StatusResponse>(200, "Replaced.")
        .Refuses(
            ScopeSigningProblems.BadRequest, ScopeSigningProblems.AuthError, ScopeSigningProblems.UnknownKey,
            ScopeSigningProblems.ConfirmFirst, ScopeSigningProblems.DuplicateHash, ScopeSigningProblems.RevokedKey)
        .RefusesTokenBodies();

    internal static async Task<IResult> HandleAsync(
        string key, HttpRequest request, TokenGate gate, KeyStore keys, SealedData sealedData, ScopeValues values, CancellationToken cancellationToken)
    {
        if (!SubjectKey.TryParse(key, out _))
        {
            return TokenGate.UnknownKey.ToResult();
        }

        if ((await gate.ReadAsync(request, AuthentiqIdProfile.Replace, cancellationToken)).IsRefused(out var refusal, out var token))
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

        var claims = token.Claims;
        return (await keys.ChangeAsync(
            token.Subject,
            new KeyChange
            {
                SetsDeviceToken = true,
                DeviceToken = claims.DeviceToken is { } device ? sealedData.Seal(device, SealedKind.DeviceToken, key) : null,
                SetsEncryptionKey = true,
                EncryptionKey = claims.EncryptionKey,
                Email = claims.Email is { } email ? await values.HashOfAsync(email, cancellationToken) : null,
                Phone = claims.Phone is { } phone ? values.HashOf(phone) : null,
                RequiresProof = claims.Email is not null,
                IssuedAt = token.Times.IssuedAt,
                Nonce = gate.SpentBy(token),
            },
            cancellationToken)).ToResult();
    }
}
