using Npgsql;
using NpgsqlTypes;
using Pairing.Contracts.V1;
using Pairing.Domain;
using ServiceDefaults.Messaging;

namespace Pairing.Data;

/// <summary>What becomes of a proof that was accepted.</summary>
internal enum LinkOutcome
{
    /// <summary>Committed: the phone is linked.</summary>
    Linked,

    /// <summary>This pairing was linked before.</summary>
    Replayed,

    /// <summary>The user has a phone.</summary>
    UserAlreadyPaired,

    /// <summary>Another user has a phone with this key, and that is not allowed here.</summary>
    KeyReused,
}

/// <summary>The lasting part of pairings: which are linked, to whom, with which device.</summary>
internal sealed class PairingDatabase(NpgsqlDataSource source, Outbox outbox, DataSealer sealer, TimeProvider clock)
{
    /// <summary>Seconds for the batch that links: with <see cref="PairingRules.CommitDeadline"/> it ends before the claim does.</summary>
    private const int LinkTimeout = 5;

    private const string UserIsLinked = "SELECT EXISTS (SELECT FROM app_user WHERE tenant_id = $1 AND user_id = $2)";

    private const string LinkExists = "SELECT EXISTS (SELECT FROM pairing_link WHERE issuer = $1 AND jti = $2)";

    private const string OtherUsersWithKey = """
        SELECT count(DISTINCT u.id)
        FROM user_device d JOIN app_user u ON u.id = d.app_user
        WHERE d.public_key_thumbprint = $1 AND (u.tenant_id, u.user_id) <> ($2, $3)
        """;

    // A jti is good again ten minutes after the end of the token in which it was seen, unless it is linked: then never.
    private const string SeeRealmToken = """
        WITH seen AS (
            INSERT INTO realm_token_seen (issuer, jti, forget_after)
            SELECT $1, $2, $3 WHERE NOT EXISTS (SELECT FROM pairing_link WHERE issuer = $1 AND jti = $2)
            ON CONFLICT (issuer, jti) DO UPDATE SET forget_after = excluded.forget_after WHERE realm_token_seen.forget_after <= $4
            RETURNING 1)
        SELECT EXISTS (SELECT FROM seen)
        """;

    /// <summary>When a pairing of this tenant was linked, or <see langword="null"/>.</summary>
    public async Task<DateTimeOffset?> FindLinkAsync(Guid tenantId, Guid jti, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("SELECT linked_at FROM pairing_link WHERE jti = $1 AND tenant_id = $2 LIMIT 1");
        command.Parameters.Add(Value(jti));
        command.Parameters.Add(Value(tenantId));
        return await command.ExecuteScalarAsync(cancellationToken) is DateTime linkedAt ? new DateTimeOffset(linkedAt, TimeSpan.Zero) : null;
    }

    /// <summary>Whether a token's pairing is linked.</summary>
    public async Task<bool> IsLinkedAsync(PairingToken token, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(LinkExists);
        command.Parameters.Add(Value(token.Issuer));
        command.Parameters.Add(Value(token.Jti));
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    /// <summary>Those of the pairings that are linked.</summary>
    public async Task<IReadOnlyList<LinkedPairing>> FindLinksAsync(IReadOnlyList<Guid> jtis, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            "SELECT issuer, jti, tenant_id, user_id, linked_at FROM pairing_link WHERE jti = ANY($1)");
        command.Parameters.Add(new NpgsqlParameter { Value = jtis.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });

        var links = new List<LinkedPairing>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            links.Add(new LinkedPairing(
                reader.GetString(0), reader.GetGuid(1), reader.GetGuid(2), reader.GetGuid(3), reader.GetFieldValue<DateTimeOffset>(4)));
        }

        return links;
    }

    /// <summary>Begins a create: takes the user's lock, then looks whether he has a phone.</summary>
    public async Task<(UserTransaction Transaction, bool IsLinked)> BeginCreateAsync(
        Guid tenantId, Guid userId, CancellationToken cancellationToken)
    {
        var isLinked = false;
        var transaction = await UserTransaction.BeginAsync(
            source,
            UserTransaction.LockKey(tenantId, userId),
            batch => Add(batch, UserIsLinked, Value(tenantId), Value(userId)),
            reader => isLinked = reader.GetBoolean(0),
            cancellationToken);
        return (transaction, isLinked);
    }

    /// <summary>
    /// Begins an init: takes the user's lock, counts the other users with the same key, and remembers a realm's token.
    /// </summary>
    public async Task<(UserTransaction Transaction, bool MayCreate, int OtherUsers)> BeginInitializeAsync(
        PairingToken token, KeyThumbprint thumbprint, CancellationToken cancellationToken)
    {
        var otherUsers = 0;
        var mayCreate = false;
        var transaction = await UserTransaction.BeginAsync(
            source,
            UserTransaction.LockKey(token.TenantId, token.UserId),
            batch =>
            {
                AddOtherUsers(batch, token, thumbprint);
                if (token.IsFromRealm)
                {
                    Add(batch, SeeRealmToken,
                        Value(token.Issuer),
                        Value(token.Jti),
                        Value((DateTimeOffset.FromUnixTimeSeconds(token.ExpiresAt) + PairingRules.EndedRetention).UtcDateTime),
                        Value(clock.GetUtcNow().UtcDateTime));
                }
            },
            reader =>
            {
                if (reader.GetFieldType(0) == typeof(bool))
                {
                    mayCreate = reader.GetBoolean(0);
                }
                else
                {
                    otherUsers = (int)reader.GetInt64(0);
                }
            },
            cancellationToken);
        return (transaction, mayCreate, otherUsers);
    }

    /// <summary>Begins a denial: takes the user's lock, then looks whether the pairing is linked after all.</summary>
    public async Task<(UserTransaction Transaction, bool IsLinked)> BeginDenyAsync(PairingToken token, CancellationToken cancellationToken)
    {
        var isLinked = false;
        var transaction = await UserTransaction.BeginAsync(
            source,
            UserTransaction.LockKey(token.TenantId, token.UserId),
            batch => Add(batch, LinkExists, Value(token.Issuer), Value(token.Jti)),
            reader => isLinked = reader.GetBoolean(0),
            cancellationToken);
        return (transaction, isLinked);
    }

    /// <summary>
    /// Links the phone: link, user, device, measurement and event in one transaction, one round trip. The primary key of
    /// <c>pairing_link</c> and the unique user decide, whoever else is at work.
    /// </summary>
    /// <param name="rejectReusedKeys">Whether another user's key is refused here too: he may have linked it since this phone's init.</param>
    public async Task<LinkOutcome> LinkAsync(
        PairingToken token, ClaimedProof proof, byte[] measurement, DateTimeOffset now, bool rejectReusedKeys, CancellationToken cancellationToken)
    {
        var lockKey = UserTransaction.LockKey(token.TenantId, token.UserId);
        try
        {
            if (rejectReusedKeys)
            {
                return await LinkUnlessReusedAsync(lockKey, token, proof, measurement, now, cancellationToken);
            }

            // Statements that are sent together, without BEGIN, are one transaction that ends with the last of them.
            await using var batch = source.CreateBatch();
            batch.Timeout = LinkTimeout;
            batch.BatchCommands.Add(UserTransaction.Lock(lockKey));
            AddLink(batch, token, proof, measurement, now);
            await batch.ExecuteNonQueryAsync(cancellationToken);
            return LinkOutcome.Linked;
        }
        catch (PostgresException exception) when (exception is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "pairing_link_pkey" })
        {
            return LinkOutcome.Replayed;
        }
        catch (PostgresException exception) when (exception is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "app_user_once" })
        {
            return LinkOutcome.UserAlreadyPaired;
        }
    }

    /// <summary>Forgets realm tokens whose time is over.</summary>
    public async Task ForgetRealmTokensAsync(CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("DELETE FROM realm_token_seen WHERE forget_after <= $1");
        command.Parameters.Add(Value(clock.GetUtcNow().UtcDateTime));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<LinkOutcome> LinkUnlessReusedAsync(
        long lockKey, PairingToken token, ClaimedProof proof, byte[] measurement, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var otherUsers = 0L;
        await using var transaction = await UserTransaction.BeginAsync(
            source,
            lockKey,
            batch =>
            {
                // Two users may link the same key at once: the key has a lock of its own, always taken after the user's.
                Add(batch, "SELECT pg_advisory_xact_lock($1)", Value(UserTransaction.LockKey(proof.PublicKey.SubjectPublicKeyInfo)));
                AddOtherUsers(batch, token, proof.PublicKey.Thumbprint);
            },
            reader => otherUsers = reader.GetFieldType(0) == typeof(long) ? reader.GetInt64(0) : otherUsers,
            cancellationToken);
        if (otherUsers > 0)
        {
            return LinkOutcome.KeyReused;
        }

        await transaction.CommitAsync(batch => AddLink(batch, token, proof, measurement, now), LinkTimeout);
        return LinkOutcome.Linked;
    }

    private void AddLink(NpgsqlBatch batch, PairingToken token, ClaimedProof proof, byte[] measurement, DateTimeOffset now)
    {
        var user = Guid.CreateVersion7(now);
        var time = now.UtcDateTime;
        var thumbprint = proof.PublicKey.Thumbprint;

        Add(batch, "INSERT INTO pairing_link (issuer, jti, tenant_id, user_id, device, linked_at) VALUES ($1, $2, $3, $4, $5, $6)",
            Value(token.Issuer), Value(token.Jti), Value(token.TenantId), Value(token.UserId), Value(proof.Row), Value(time));
        Add(batch, "INSERT INTO app_user (id, tenant_id, user_id, linked_at) VALUES ($1, $2, $3, $4)",
            Value(user), Value(token.TenantId), Value(token.UserId), Value(time));
        Add(batch, """
            INSERT INTO user_device (id, app_user, device_id, display_name, platform, os_version, model, public_key, public_key_thumbprint, push_token, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            """,
            Value(proof.Row), Value(user), Value(proof.DeviceId), Value(proof.DisplayName), Value(proof.Platform), Text(proof.OsVersion), Text(proof.Model),
            Value(proof.PublicKey.ToPem()), Value(thumbprint.ToBytes()), Value(proof.SealedPushToken), Value(time));
        Add(batch, "INSERT INTO reference_measurement (app_user, measurement, created_at) VALUES ($1, $2, $3)",
            Value(user), Value(sealer.Seal(measurement, SealPurpose.Measurement, user)), Value(time));
        outbox.Add(batch, Aggregate.Of(token.TenantId, token.UserId), new DevicePaired
        {
            TenantId = token.TenantId,
            UserId = token.UserId,
            Jti = token.Jti,
            DeviceReference = DeviceReference.Of(proof.Row),
            DeviceId = proof.DeviceId,
            DisplayName = proof.DisplayName,
            Platform = proof.Platform,
            PublicKey = proof.PublicKey.ToBase64Url(),
            PublicKeyThumbprint = thumbprint.ToString(),
            HasPushToken = proof.HasUsablePushToken,
            OccurredAt = now,
        });
    }

    private static void AddOtherUsers(NpgsqlBatch batch, PairingToken token, KeyThumbprint thumbprint)
        => Add(batch, OtherUsersWithKey, Value(thumbprint.ToBytes()), Value(token.TenantId), Value(token.UserId));

    private static void Add(NpgsqlBatch batch, string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        batch.BatchCommands.Add(command);
    }

    private static NpgsqlParameter<T> Value<T>(T value) => new() { TypedValue = value };

    private static NpgsqlParameter Text(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };
}

/// <summary>A pairing that ended in a link.</summary>
internal sealed record LinkedPairing(string Issuer, Guid Jti, Guid TenantId, Guid UserId, DateTimeOffset LinkedAt);

/// <summary>
/// What pairing's events are about: a user of a tenant. They are published in the order in which the lock on him
/// (<see cref="UserTransaction"/>) was held.
/// </summary>
internal static class Aggregate
{
    public static string Of(Guid tenantId, Guid userId) => $"{tenantId}:{userId}";
}

/// <summary>How events name a device of this service, and its push token without telling it.</summary>
internal static class DeviceReference
{
    public static string Of(Guid row) => $"pairing:{row}";
}
