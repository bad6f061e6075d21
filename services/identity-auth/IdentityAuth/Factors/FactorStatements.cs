using IdentityAuth.Data;
using IdentityAuth.Domain;
using Npgsql;

namespace IdentityAuth.Factors;

/// <summary>Which factors are on, for transactions that hold the account's row.</summary>
internal static class FactorStatements
{
    /// <summary>Members of the own account that change with its factors.</summary>
    public static readonly IReadOnlyList<string> Fields = ["mfa_enabled", "authenticator_types"];

    public static void SetAuthenticators(this NpgsqlBatch batch, long userId, AuthenticatorTypes types)
        => batch.Add("UPDATE users SET authenticators = $2 WHERE id = $1", userId, types);

    /// <summary>Records that an account loses its password and every factor (<see cref="ISecondFactors.AddRemoval"/>), as far as it had them.</summary>
    /// <param name="user">As it was before.</param>
    public static void AddRemovalAudit(this NpgsqlBatch batch, User user, string ip, string reason, DateTimeOffset now)
    {
        if (user.HasPassword)
        {
            batch.AddAudit(user.Id, AuditAction.PasswordChanged, ip, reason, now);
        }

        foreach (var (type, name) in new[] { (AuthenticatorTypes.Totp, "totp"), (AuthenticatorTypes.Sms, "sms"), (AuthenticatorTypes.WebAuthn, "webauthn") })
        {
            if (user.Authenticators.HasFlag(type))
            {
                batch.AddAudit(user.Id, AuditAction.FactorRemoved, ip, name, now);
            }
        }

        if (user.Phone is not null)
        {
            batch.AddAudit(user.Id, AuditAction.FactorRemoved, ip, "phone", now);
        }
    }
}
