using System.Security.Cryptography;
using IdentityAuth.Contracts.V1;
using IdentityAuth.Delivery;
using IdentityAuth.Domain;
using Npgsql;
using ServiceDefaults.Messaging;

namespace IdentityAuth.Data;

/// <summary>Who wants an account.</summary>
internal sealed record NewUser
{
    /// <summary>Empty: derived or random.</summary>
    public string? Username { get; init; }

    public string? GlobalName { get; init; }

    public string? Email { get; init; }

    public bool EmailVerified { get; init; }

    public string? PasswordHash { get; init; }

    public DateOnly? DateOfBirth { get; init; }

    public required string Locale { get; init; }

    public IReadOnlyList<string> Traits { get; init; } = [];

    public string? InviteCode { get; init; }

    public override string ToString() => "(new user)";
}

/// <summary>What became of a registration.</summary>
internal abstract record Registration
{
    public sealed record Done(IssuedSession Session) : Registration;

    public sealed record EmailTaken : Registration;

    public sealed record NoFreeTag : Registration;
}

/// <summary>Makes accounts: row, address, session, mail and events in one transaction, one round trip.</summary>
internal sealed class Registrations(
    NpgsqlDataSource source, Outbox outbox, SignIns signIns, MailedTokens tokens, Deliveries deliveries, TimeProvider clock)
{
    private const int HighestTag = 9_999;
    private const int TagsToTry = 16;
    private const int Attempts = 8;

    private const string Insert = """
        INSERT INTO users (id, username, discriminator, global_name, email, email_verified, password_hash, password_changed_at, date_of_birth, locale, traits, created_at, last_active_at, last_active_ip)
        VALUES ($1, $2, $3, $4, $5, $6, $7, CASE WHEN $7 IS NULL THEN NULL ELSE $8 END, $9, $10, $11, $8, $8, $12)
        """;

    // Sixteen random tags have a free one unless the name is very popular; then all are looked at.
    private const string FreeAmong = """
        SELECT tag FROM unnest($2::integer[]) AS tag
        WHERE NOT EXISTS (SELECT FROM users WHERE lower(username) = lower($1) AND discriminator = tag) LIMIT 1
        """;

    private const string FreeAtAll = """
        SELECT tag FROM generate_series(1, 9999) AS tag
        WHERE NOT EXISTS (SELECT FROM users WHERE lower(username) = lower($1) AND discriminator = tag) ORDER BY random() LIMIT 1
        """;

    /// <summary>Whether an address is taken, in any case.</summary>
    public Task<bool> IsEmailTakenAsync(string email, CancellationToken cancellationToken)
        => source.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM users WHERE lower(email) = lower($1))", [email], cancellationToken);

    /// <summary>Makes an account and signs it in.</summary>
    /// <param name="method">One of <see cref="SignInMethod"/>.</param>
    /// <param name="also">Further statements of the same transaction, given the new id.</param>
    public async Task<Registration> CreateAsync(
        NewUser user, string method, ClientDevice client, CancellationToken cancellationToken, Action<NpgsqlBatch, long>? also = null)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (await FindNameAsync(user, attempt, cancellationToken) is not ({ } name, { } tag))
            {
                return new Registration.NoFreeTag();
            }

            try
            {
                return new Registration.Done(await InsertAsync(user, name, tag, method, client, also));
            }
            catch (PostgresException exception) when (exception is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "users_email" })
            {
                return new Registration.EmailTaken();
            }
            catch (PostgresException exception) when (exception is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "users_tag" or "users_pkey" })
            {
                // Somebody took the tag in between, or the one id in four million: again with another.
            }
        }

        return new Registration.NoFreeTag();
    }

    /// <summary>A free tag of a name, at random.</summary>
    public async Task<int?> FindTagAsync(string username, CancellationToken cancellationToken)
    {
        var tags = Enumerable.Range(0, TagsToTry).Select(_ => RandomNumberGenerator.GetInt32(1, HighestTag + 1)).ToArray();
        var tag = await source.ScalarAsync<int?>(FreeAmong, [username, tags], cancellationToken)
            ?? await source.ScalarAsync<int?>(FreeAtAll, [username], cancellationToken);
        return tag;
    }

    // The name that was asked for; else one made of the display name; else a random one.
    private async Task<(string? Name, int? Tag)> FindNameAsync(NewUser user, int attempt, CancellationToken cancellationToken)
    {
        if (user.Username is { } wanted)
        {
            return (wanted, await FindTagAsync(wanted, cancellationToken));
        }

        if (attempt < Attempts - 1
            && user.GlobalName is { } globalName
            && UsernameDerivation.From(globalName) is { } derived
            && await FindTagAsync(derived, cancellationToken) is { } tag)
        {
            return (derived, tag);
        }

        var random = UsernameDerivation.Random();
        return (random, await FindTagAsync(random, cancellationToken));
    }

    private async Task<IssuedSession> InsertAsync(NewUser user, string name, int tag, string method, ClientDevice client, Action<NpgsqlBatch, long>? also)
    {
        var now = clock.GetUtcNow();
        var id = Snowflake.Create(now);

        // Statements that are sent together, without BEGIN, are one transaction that ends with the last of them.
        await using var batch = source.CreateBatch();
        batch.Add(
            Insert,
            id, name, (short)tag, Sql.Text(user.GlobalName), Sql.Text(user.Email), user.EmailVerified, Sql.Text(user.PasswordHash), now,
            Sql.Date(user.DateOfBirth), user.Locale, Sql.Texts(user.Traits), client.Address);
        batch.Add("INSERT INTO authorized_ips (user_id, ip, created_at) VALUES ($1, $2, $3)", id, client.Address, now);
        also?.Invoke(batch, id);
        outbox.Add(batch, Aggregate.Of(id), new UserRegistered { UserId = Snowflake.Text(id), InviteCode = user.InviteCode, OccurredAt = now });
        batch.AddAudit(id, AuditAction.Registered, client.Address, method, now);
        var session = signIns.Add(batch, id, method, client, now, user.InviteCode);
        if (user is { Email: { } email, EmailVerified: false })
        {
            deliveries.Add(
                batch,
                Deliveries.Email,
                new DeliveryContent
                {
                    Kind = DeliveryKind.EmailVerification,
                    To = email,
                    Locale = user.Locale,
                    Token = tokens.Add(batch, MailedTokenKind.Verification, id, email),
                },
                MailedTokenKind.Verification.Lifetime);
        }

        await batch.ExecuteNonQueryAsync(CancellationToken.None);
        deliveries.Wake();
        return session;
    }
}
