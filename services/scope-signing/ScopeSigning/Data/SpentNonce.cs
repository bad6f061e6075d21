using Npgsql;

namespace ScopeSigning.Data;

/// <summary>
/// The nonce of a token that dies by itself, written in the commit that does what the token asks. Redis has it too, and refuses repeats
/// before they cost anything; but Redis may lose what it knows, and what a token does must not be done twice then.
/// </summary>
/// <param name="ExpiresAt">When the token is dead anyway.</param>
internal sealed record SpentNonce(string Sub, byte[] Nonce, DateTimeOffset ExpiresAt)
{
    public void AddTo(NpgsqlBatch batch, DateTimeOffset now)
        => batch.Add("INSERT INTO nonces (sub, nonce, taken_at, expires_at) VALUES ($1, $2, $3, $4)", Sub, Nonce, now, ExpiresAt);

    /// <summary>Whether a batch failed because the nonce is there: the token was used before.</summary>
    public static bool IsReplay(PostgresException exception)
        => exception.SqlState == PostgresErrorCodes.UniqueViolation && exception.TableName == "nonces";
}

/// <summary>How it ended to do what a token asks.</summary>
internal enum SpendResult
{
    Done,

    /// <summary>The key was revoked meanwhile.</summary>
    Revoked,

    /// <summary>The token was used before.</summary>
    Replayed,
}
