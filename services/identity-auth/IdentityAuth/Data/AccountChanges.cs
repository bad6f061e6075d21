using System.Text;
using IdentityAuth.Domain;
using Npgsql;

namespace IdentityAuth.Data;

/// <summary>What is changed.</summary>
internal static class AccountChangeKind
{
    public const string Email = "email";
    public const string Password = "password";
}

/// <summary>How far a change has come (contract §9, state machines).</summary>
internal static class AccountChangeStage
{
    /// <summary>The mailbox that the account has is still to be proven.</summary>
    public const string Original = "original";

    /// <summary>The mailbox is proven; what is new is still to come.</summary>
    public const string New = "new";

    public const string Completed = "completed";
}

/// <summary>A change of address or password that is under way.</summary>
/// <param name="Proof">What proving the mailbox was answered with.</param>
/// <param name="HasOriginalCode">Whether a code was mailed to the account's own address.</param>
internal sealed record AccountChange(string Stage, string? Proof, bool HasOriginalCode, bool HasNewCode, string? NewEmail)
{
    public override string ToString() => $"(change at {Stage})";
}

/// <summary>What came of a code.</summary>
internal enum CodeCheck
{
    Right,
    Wrong,

    /// <summary>Too late, or wrong too often before.</summary>
    Void,
}

/// <summary>Which of the two codes of a change.</summary>
internal enum CodeOf
{
    Original,
    New,
}

/// <summary>Changes of address and password (contract §8.7, §8.8). Tickets and codes are kept as hashes; every check is one statement.</summary>
internal sealed class AccountChanges(NpgsqlDataSource source, SealedData sealer, TimeProvider clock)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);
    public static readonly TimeSpan CodeLifetime = TimeSpan.FromMinutes(10);
    public static readonly TimeSpan ResendCooldown = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan EmailTokenLifetime = TimeSpan.FromMinutes(30);

    private const int MaximumFailures = 5;

    /// <summary>Begins a change.</summary>
    /// <param name="code">The code that is mailed to the account's own address; none when that is not asked for.</param>
    /// <returns>The ticket, and the proof when no code is asked for.</returns>
    public (string Ticket, string? Proof) Add(NpgsqlBatch batch, string kind, long userId, string? code)
    {
        var ticket = OneTimeToken.Create();
        var hash = OneTimeToken.Hash(ticket);
        var proof = OneTimeToken.Create();
        var now = clock.GetUtcNow();
        batch.Add(
            """
            INSERT INTO account_changes (ticket_hash, kind, user_id, stage, proof, original_code, original_code_expires_at, original_sent_at, created_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            """,
            hash, kind, userId, code is null ? AccountChangeStage.New : AccountChangeStage.Original, Seal(hash, proof),
            Sql.Bytes(code is null ? null : MailedCode.Hash(ticket, code)),
            Sql.Time(code is null ? null : now + CodeLifetime), Sql.Time(code is null ? null : now), now, now + Lifetime);
        return (ticket, code is null ? proof : null);
    }

    /// <summary>A change of this account that is not over.</summary>
    public async Task<AccountChange?> FindAsync(string ticket, string kind, long userId, CancellationToken cancellationToken)
    {
        var hash = OneTimeToken.Hash(ticket);
        await using var command = source.Command(
            """
            SELECT stage, proof, original_code IS NOT NULL, new_code IS NOT NULL, new_email FROM account_changes
            WHERE ticket_hash = $1 AND kind = $2 AND user_id = $3 AND expires_at > $4
            """,
            hash, kind, userId, clock.GetUtcNow());
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new AccountChange(reader.GetString(0), Open(hash, reader.GetFieldValue<byte[]>(1)), reader.GetBoolean(2), reader.GetBoolean(3), reader.TextOrNull(4))
            : null;
    }

    /// <summary>Compares a code. The fifth wrong one makes it void. A right one proves the mailbox; it may be given again.</summary>
    public async Task<CodeCheck> CheckAsync(CodeOf which, string ticket, string code, CancellationToken cancellationToken)
    {
        var column = which == CodeOf.Original ? "original" : "new";
        await using var command = source.Command(
            $"""
            UPDATE account_changes SET
                {column}_failures = {column}_failures + CASE WHEN {column}_code = $2 THEN 0 ELSE 1 END,
                stage = CASE WHEN stage = 'original' AND original_code = $2 THEN 'new' ELSE stage END
            WHERE ticket_hash = $1 AND {column}_code_expires_at > $3 AND {column}_failures < $4
            RETURNING {column}_code = $2
            """,
            OneTimeToken.Hash(ticket), MailedCode.Hash(ticket, code), clock.GetUtcNow(), (short)MaximumFailures);
        return await command.ExecuteScalarAsync(cancellationToken) switch
        {
            true => CodeCheck.Right,
            false => CodeCheck.Wrong,
            _ => CodeCheck.Void,
        };
    }

    /// <summary>Puts another code in the place of the last one, unless that was mailed just now.</summary>
    /// <param name="newEmail">The address that a first code for a new address goes to; then the pause does not count.</param>
    /// <returns>How long to wait, if it is too early.</returns>
    public async Task<TimeSpan?> ReplaceCodeAsync(
        UnitOfWork work, CodeOf which, string ticket, string code, CancellationToken cancellationToken, string? newEmail = null)
    {
        var column = which == CodeOf.Original ? "original" : "new";
        var now = clock.GetUtcNow();
        var replaced = await work.ExecuteAsync(
            $"""
            UPDATE account_changes SET
                {column}_code = $2, {column}_code_expires_at = $3, {column}_sent_at = $4, {column}_failures = 0, new_email = COALESCE($6, new_email)
            WHERE ticket_hash = $1 AND ($6 IS NOT NULL OR {column}_sent_at <= $5)
            """,
            [OneTimeToken.Hash(ticket), MailedCode.Hash(ticket, code), now + CodeLifetime, now, now - ResendCooldown, Sql.Text(newEmail)],
            cancellationToken);
        if (replaced > 0)
        {
            return null;
        }

        var sent = await work.QueryAsync(
            $"SELECT {column}_sent_at FROM account_changes WHERE ticket_hash = $1", [OneTimeToken.Hash(ticket)], reader => reader.TimeOrNull(0), cancellationToken);
        return sent is [{ } at] && at + ResendCooldown > now ? at + ResendCooldown - now : TimeSpan.FromSeconds(1);
    }

    /// <summary>Completes a change.</summary>
    /// <returns>Whether it was this call that did.</returns>
    public static async Task<bool> CompleteAsync(UnitOfWork work, string ticket, CancellationToken cancellationToken)
        => await work.ExecuteAsync(
            "UPDATE account_changes SET stage = 'completed' WHERE ticket_hash = $1 AND stage = 'new'", [OneTimeToken.Hash(ticket)], cancellationToken) == 1;

    /// <summary>Adds the token that the change of address ends with.</summary>
    public string AddEmailToken(NpgsqlBatch batch, long userId, string email)
    {
        var token = OneTimeToken.Create();
        batch.Add(
            "INSERT INTO email_tokens (token_hash, user_id, email, expires_at) VALUES ($1, $2, $3, $4)",
            OneTimeToken.Hash(token), userId, email, clock.GetUtcNow() + EmailTokenLifetime);
        return token;
    }

    private byte[] Seal(byte[] hash, string proof) => sealer.Seal(Encoding.ASCII.GetBytes(proof), SealedKind.ChangeProof, Convert.ToHexString(hash));

    private string Open(byte[] hash, byte[] proof) => Encoding.ASCII.GetString(sealer.Open(proof, SealedKind.ChangeProof, Convert.ToHexString(hash)));
}
