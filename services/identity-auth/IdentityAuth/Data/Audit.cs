using Npgsql;

namespace IdentityAuth.Data;

/// <summary>The words of column <c>action</c>.</summary>
internal static class AuditAction
{
    public const string Registered = "registered";
    public const string SignedIn = "signed_in";
    public const string SignInFailed = "sign_in_failed";
    public const string SessionsRevoked = "sessions_revoked";
    public const string PasswordChanged = "password_changed";
    public const string EmailChanged = "email_changed";
    public const string EmailReverted = "email_reverted";
    public const string EmailVerified = "email_verified";
    public const string FactorAdded = "factor_added";
    public const string FactorRemoved = "factor_removed";
    public const string Disabled = "disabled";
    public const string DeletionRequested = "deletion_requested";
}

/// <summary>The audit record (contract §10): written in the transaction of what it records. No secret, address or number in it.</summary>
internal static class Audit
{
    public static void AddAudit(this NpgsqlBatch batch, long? userId, string action, string? ip, string? detail, DateTimeOffset now)
        => batch.Add(
            "INSERT INTO audit_log (user_id, action, ip, detail, occurred_at) VALUES ($1, $2, $3, $4, $5)",
            new NpgsqlParameter { NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Bigint, Value = (object?)userId ?? DBNull.Value },
            action, Sql.Text(ip), Sql.Text(detail), now);
}
