using System.Security.Cryptography;

namespace ScopeSigning.Domain;

/// <summary>A token that its subject signed and that passed rules 1–13.</summary>
/// <typeparam name="TClaims">The claims of the operation.</typeparam>
internal sealed record SelfSignedToken<TClaims>(SubjectKey Subject, TClaims Claims, TokenTimes Times, string? JwtId, byte[] SigningInput)
    where TClaims : class
{
    /// <summary>What is remembered so that the token works once: <c>jti</c>, else base64url(SHA-256(part1.part2)).</summary>
    public string Nonce => JwtId ?? Base64UrlText.Encode(SHA256.HashData(SigningInput));
}
