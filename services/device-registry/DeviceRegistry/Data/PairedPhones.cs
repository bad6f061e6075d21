using System.Buffers.Text;
using System.Globalization;
using DeviceRegistry.Domain;
using Npgsql;
using Pairing.Contracts.V1;

namespace DeviceRegistry.Data;

/// <summary>
/// Phones that were paired, as devices of their tenants' groups. Runs in the inbox's transaction.
/// </summary>
internal sealed class PairedPhones(GroupTransactions groups, TimeProvider clock)
{
    private const string Actor = "pairing";

    /// <summary>A tenant's phones are many; pairing one is a fact that is not refused for lack of room.</summary>
    private const int PlacesOfATenant = 1000;

    private const int MaximumNameLength = 100;

    /// <summary>Far longer than the news of a pairing's beginning can be under way.</summary>
    private static readonly TimeSpan RememberUnpaired = TimeSpan.FromDays(30);

    // The two events about a phone come by different queues: whoever handles one keeps the other waiting.
    private const string LockReference = "SELECT pg_advisory_xact_lock(hashtextextended('pairing-reference:' || $1, 0))";

    private const string IsUnpaired = "SELECT EXISTS (SELECT FROM unpaired_devices WHERE pairing_reference = $1)";

    private const string RememberIsUnpaired = """
        WITH swept AS (DELETE FROM unpaired_devices WHERE forget_after < $3)
        INSERT INTO unpaired_devices (pairing_reference, forget_after) VALUES ($1, $2) ON CONFLICT (pairing_reference) DO NOTHING
        """;

    private const string MakeGroup = "INSERT INTO groups (name, max_devices, created_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING";

    private const string FindGroup = "SELECT id FROM groups WHERE name = $1";

    // Roles that a removed member had are not his again.
    private const string MakeMember = """
        INSERT INTO group_members (group_id, identity, state, created_at, updated_at) VALUES ($1, $2, 'active', $3, $3)
        ON CONFLICT (group_id, identity) WHERE identity IS NOT NULL
        DO UPDATE SET state = 'active', roles = '{}', updated_at = excluded.updated_at WHERE group_members.state <> 'active'
        """;

    private const string MakeDevice = """
        INSERT INTO devices (device_id, group_id, user_id, name, type, public_key, public_key_sha256, status,
                             push_platform, push_reference, pairing_reference, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending', $8, $9, $10, $11, $11)
        """;

    private const string AdoptDevice = """
        UPDATE devices SET pairing_reference = $2, push_token = NULL, push_token_mac = NULL, push_platform = $3, push_reference = $4, updated_at = $5
        WHERE device_id = $1
        """;

    private const string FindDevice = "SELECT group_id, device_id FROM devices WHERE pairing_reference = $1";

    /// <summary>Makes a pending device for the phone, with group and membership where they are missing.</summary>
    /// <returns>The code of what stands against it, or <see langword="null"/>. Then nothing was changed, but the group is there.</returns>
    public async Task<string?> AddAsync(NpgsqlConnection connection, DevicePaired paired, CancellationToken cancellationToken)
    {
        await ExecuteAsync(connection, LockReference, cancellationToken, Sql.Value(paired.DeviceReference));
        if (await ReadAsync<bool>(connection, IsUnpaired, cancellationToken, Sql.Value(paired.DeviceReference)))
        {
            return null;
        }

        if (!Base64Url.IsValid(paired.PublicKey) || DevicePublicKey.FromDer(Base64Url.DecodeFromChars(paired.PublicKey)) is not { } key)
        {
            return DeviceRegistryProblems.InvalidPublicKey.Error;
        }

        var name = paired.TenantId.ToString("D", CultureInfo.InvariantCulture);
        var user = paired.UserId.ToString("D", CultureInfo.InvariantCulture);
        await ExecuteAsync(connection, MakeGroup, cancellationToken, Sql.Value(name), Sql.Value(PlacesOfATenant), Sql.Value(clock.Now));
        var groupId = await ReadAsync<long>(connection, FindGroup, cancellationToken, Sql.Value(name));
        await using var change = (await groups.JoinAsync(connection, groupId, Actor, cancellationToken))!;

        var use = await DeviceStore.FindKeyUseAsync(change, key, cancellationToken);
        if (use.Holder is { } holder && holder.UserId != user)
        {
            return DeviceRegistryProblems.PublicKeyInUse.Error;
        }

        if (use.Holder is null && use.IsRevoked)
        {
            return DeviceRegistryProblems.PublicKeyRevoked.Error;
        }

        change.Writes.Add(MakeMember, Sql.Value(groupId), Sql.Value(user), Sql.Value(change.Now));
        Add(change, paired, key, user, use.Holder);
        await change.WriteAsync(cancellationToken);
        return null;
    }

    /// <summary>Revokes the phone's device.</summary>
    /// <returns>The device, if it is revoked by this.</returns>
    public async Task<Device?> RevokeAsync(NpgsqlConnection connection, DeviceUnpaired unpaired, CancellationToken cancellationToken)
    {
        await ExecuteAsync(connection, LockReference, cancellationToken, Sql.Value(unpaired.DeviceReference));
        if (await FindAsync(connection, unpaired.DeviceReference, cancellationToken) is not var (groupId, deviceId))
        {
            await ExecuteAsync(
                connection, RememberIsUnpaired, cancellationToken,
                Sql.Value(unpaired.DeviceReference), Sql.Value(clock.Now + RememberUnpaired), Sql.Value(clock.Now));
            return null;
        }

        // At the time of the unpairing: pairing hears of it too, and must not take it for news about a phone that was paired since.
        await using var change = await groups.JoinAsync(connection, groupId, Actor, cancellationToken, at: unpaired.OccurredAt);
        if (change is null || await DeviceStore.FindAsync(change, deviceId, cancellationToken) is not { } device
            || (await DeviceChanges.RevokeAsync(change, [device], cancellationToken)).Count == 0)
        {
            return null;
        }

        await change.WriteAsync(cancellationToken);
        return device;
    }

    private static void Add(GroupTransaction change, DevicePaired paired, DevicePublicKey key, string user, Device? holder)
    {
        var platform = paired.Platform.ToLowerInvariant();
        var pushPlatform = paired.HasPushToken ? platform : null;
        var pushReference = paired.HasPushToken ? paired.DeviceReference : null;
        if (holder is not null)
        {
            // He had enrolled the key himself: it becomes the paired phone, and stays what it is for the group.
            change.Writes.Add(
                AdoptDevice,
                Sql.Value(holder.Id), Sql.Value(paired.DeviceReference), Sql.Value(pushPlatform), Sql.Value(pushReference), Sql.Value(change.Now));
            change.Effects.DeviceUpdated(holder.Id, "pushToken");
            return;
        }

        var device = new Device
        {
            Id = Guid.NewGuid(),
            GroupId = change.Group.Id,
            UserId = user,
            Name = NameOf(paired.DisplayName),
            Type = platform,
            PublicKey = key.Der,
            Status = DeviceStatus.Pending,
            CreatedAt = change.Now,
            UpdatedAt = change.Now,
        };
        change.Writes.Add(
            MakeDevice,
            Sql.Value(device.Id), Sql.Value(device.GroupId), Sql.Value(device.UserId), Sql.Value(device.Name), Sql.Value(device.Type),
            Sql.Value(device.PublicKey), Sql.Value(key.Sha256), Sql.Value(pushPlatform), Sql.Value(pushReference),
            Sql.Value(paired.DeviceReference), Sql.Value(change.Now));
        change.Effects.DeviceRegistered(device);
    }

    // Not in the middle of a character.
    private static string NameOf(string displayName)
    {
        var length = Math.Min(displayName.Length, MaximumNameLength);
        return length < displayName.Length && char.IsHighSurrogate(displayName[length - 1]) ? displayName[..(length - 1)] : displayName[..length];
    }

    private static async Task<(long GroupId, Guid DeviceId)?> FindAsync(NpgsqlConnection connection, string reference, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(FindDevice, connection) { Parameters = { Sql.Value(reference) } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (reader.GetInt64(0), reader.GetGuid(1)) : null;
    }

    private static async Task<T> ReadAsync<T>(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        return (T)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
