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
}
