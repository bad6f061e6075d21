using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Domain.Tokens;

namespace IdentityAuth.Tokens;

/// <summary>Issues access tokens in the name of sessions.</summary>
internal sealed class AccessTokens(SigningKeyRing keys, Administrators administrators, PlatformUrls urls, TimeProvider clock)
{
    /// <summary>Claim <c>iss</c>; the discovery document is below it.</summary>
    public string Issuer { get; } = $"{urls.Base}/identity-auth";

    public string Issue(Caller caller)
    {
        var user = caller.User;
        var subject = new AccessTokenSubject(
            Snowflake.Text(user.Id),
            caller.Session.IdHash,
            user.EmailVerified ? user.Email : null,
            user.GlobalName ?? user.Username,
            administrators.Contains(user));
        return AccessToken.Issue(keys.Active, Issuer, subject, clock.GetUtcNow());
    }
}
