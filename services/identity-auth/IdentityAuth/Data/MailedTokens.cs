using IdentityAuth.Domain;
using Npgsql;

namespace IdentityAuth.Data;

/// <summary>The kinds of tokens that are mailed, and how long each lives (contract §1.11).</summary>
internal sealed record MailedTokenKind(string Name, TimeSpan Lifetime)
{
    public static readonly MailedTokenKind Verification = new("verification", TimeSpan.FromHours(24));
    public static readonly MailedTokenKind Reset = new("reset", TimeSpan.FromHours(1));
    public static readonly MailedTokenKind Revert = new("revert", TimeSpan.FromHours(48));
}

/// <summary>A token that is still good, and whose it is.</summary>
/// <param name="Email">The address that the token is about.</param>
internal sealed record MailedToken(User User, string Email);

/// <summary>Tokens that were mailed. Kept as hashes; the statement that deletes one is its use.</summary>
internal sealed class MailedTokens(NpgsqlDataSource source, TimeProvider clock)
{
    /// <summary>Deletes a token that is still good: <c>$1</c> hash, <c>$2</c> kind, <c>$3</c> now. Gives the account and the address.</summary>
    public const string Use = "DELETE FROM mailed_tokens WHERE token_hash = $1 AND kind = $2 AND expires_at > $3 RETURNING user_id, email";

    private const string FindSql = $"""
        SELECT t.email, {UserStore.Columns}
        FROM mailed_tokens t JOIN users u ON u.id = t.user_id
        WHERE t.token_hash = $1 AND t.kind = $2 AND t.expires_at > $3
        """;

    /// <summary>Adds a token to a transaction.</summary>
    /// <returns>64 letters and digits, for the mail.</returns>
    public string Add(NpgsqlBatch batch, MailedTokenKind kind, long userId, string email)
    {
        var token = OneTimeToken.Create();
        var now = clock.GetUtcNow();
        batch.Add(
            "INSERT INTO mailed_tokens (token_hash, kind, user_id, email, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
            OneTimeToken.Hash(token), kind.Name, userId, email, now, now + kind.Lifetime);
        return token;
    }

    /// <summary>Looks at a token without using it.</summary>
    public async Task<MailedToken?> FindAsync(string token, MailedTokenKind kind, CancellationToken cancellationToken)
    {
        await using var command = source.Command(FindSql, OneTimeToken.Hash(token), kind.Name, clock.GetUtcNow());
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? new MailedToken(UserStore.Read(reader, 1), reader.GetString(0)) : null;
    }
}
