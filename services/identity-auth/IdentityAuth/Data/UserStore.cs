using IdentityAuth.Domain;
using Npgsql;

namespace IdentityAuth.Data;

/// <summary>Reads accounts, always from Postgres; what may be a little old comes from <see cref="SessionDirectory"/>.</summary>
internal sealed class UserStore(NpgsqlDataSource source)
{
    /// <summary>What <see cref="Read"/> reads, in its order, of a table that is called <c>u</c>.</summary>
    public const string Columns = """
        u.id, u.username, u.discriminator, u.global_name, u.email, u.email_verified, u.email_bounced, u.phone, u.date_of_birth, u.locale,
        u.password_hash, u.password_changed_at, u.flags, u.public_flags, u.is_bot, u.suspicious_activity, u.authenticators, u.traits,
        u.banned_until, u.deletion_at, u.security_stamp, u.created_at
        """;

    public Task<User?> FindAsync(long id, CancellationToken cancellationToken)
        => FindAsync($"SELECT {Columns} FROM users u WHERE u.id = $1", id, cancellationToken);

    public Task<User?> FindByEmailAsync(string email, CancellationToken cancellationToken)
        => FindAsync($"SELECT {Columns} FROM users u WHERE lower(u.email) = lower($1)", email, cancellationToken);

    /// <summary>An account by its address, and whether it was used from this IP address before.</summary>
    public async Task<(User? User, bool KnownIp)> FindForSignInAsync(string email, string ip, CancellationToken cancellationToken)
    {
        await using var command = source.Command(
            $"""
            SELECT EXISTS (SELECT FROM authorized_ips a WHERE a.user_id = u.id AND a.ip = $2), {Columns}
            FROM users u WHERE lower(u.email) = lower($1)
            """,
            email, ip);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (Read(reader, 1), reader.GetBoolean(0)) : (null, false);
    }

    /// <summary>Reads the columns above, the first of them at <paramref name="first"/>.</summary>
    public static User Read(NpgsqlDataReader reader, int first = 0) => new()
    {
        Id = reader.GetInt64(first),
        Username = reader.GetString(first + 1),
        Discriminator = reader.GetInt16(first + 2),
        GlobalName = reader.TextOrNull(first + 3),
        Email = reader.TextOrNull(first + 4),
        EmailVerified = reader.GetBoolean(first + 5),
        EmailBounced = reader.GetBoolean(first + 6),
        Phone = reader.TextOrNull(first + 7),
        DateOfBirth = reader.IsDBNull(first + 8) ? null : reader.GetFieldValue<DateOnly>(first + 8),
        Locale = reader.GetString(first + 9),
        PasswordHash = reader.TextOrNull(first + 10),
        PasswordChangedAt = reader.TimeOrNull(first + 11),
        Flags = (AccountFlags)reader.GetInt32(first + 12),
        PublicFlags = reader.GetInt32(first + 13),
        IsBot = reader.GetBoolean(first + 14),
        SuspiciousActivity = (SuspiciousActivity)reader.GetInt32(first + 15),
        Authenticators = (AuthenticatorTypes)reader.GetInt32(first + 16),
        Traits = reader.GetFieldValue<string[]>(first + 17),
        BannedUntil = reader.TimeOrNull(first + 18),
        DeletionAt = reader.TimeOrNull(first + 19),
        SecurityStamp = reader.GetInt32(first + 20),
        CreatedAt = reader.Time(first + 21),
    };

    private async Task<User?> FindAsync(string text, object value, CancellationToken cancellationToken)
    {
        await using var command = source.Command(text, value);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? Read(reader) : null;
    }
}
