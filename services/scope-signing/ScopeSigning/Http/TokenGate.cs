using ScopeSigning.Data;
using ScopeSigning.Domain;

namespace ScopeSigning.Http;

/// <summary>The way of every self-signed token into an operation, in the order of the rules.</summary>
internal sealed class TokenGate(SelfSignedTokenVerifier verifier, KeyStore keys, NonceStore nonces)
{
    /// <summary>The body and rules 1–13.</summary>
    public async Task<Outcome<SelfSignedToken<TClaims>>> ReadAsync<TClaims>(
        HttpRequest request, TokenProfile<TClaims> profile, CancellationToken cancellationToken)
        where TClaims : class
        => (await TokenBody.ReadAsync(request, cancellationToken)).IsRefused(out var refusal, out var text)
            ? refusal
            : verifier.Verify(text, profile);

    /// <summary>15: the key is known and live. 16: the token was not used before, and from here on it is.</summary>
    public async Task<Outcome<KeyRow>> AdmitAsync<TClaims>(SelfSignedToken<TClaims> token, CancellationToken cancellationToken)
        where TClaims : class
    {
        var key = await keys.FindAsync(token.Subject, cancellationToken);
        if (key is null)
        {
            return UnknownKey;
        }

        if (key.IsRevoked)
        {
            return RevokedKey;
        }

        return await nonces.TryTakeAsync(token, cancellationToken) ? key : ScopeSigningProblems.Replayed;
    }

    /// <summary>What the operation writes in the commit of what the token does, so that it is done once.</summary>
    public SpentNonce? SpentBy<TClaims>(SelfSignedToken<TClaims> token)
        where TClaims : class
        => nonces.SpentBy(token);

    /// <summary>The answer for what could not be done after all.</summary>
    public static IResult RefusalOf(SpendResult result)
        => (result == SpendResult.Replayed ? ScopeSigningProblems.Replayed : RevokedKey).ToResult();

    public static Refusal UnknownKey { get; } = new(ScopeSigningProblems.UnknownKey, "No such key is registered.");

    public static Refusal RevokedKey { get; } = new(ScopeSigningProblems.RevokedKey, "This key was revoked.");
}
