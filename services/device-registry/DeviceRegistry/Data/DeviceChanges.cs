using DeviceRegistry.Domain;

namespace DeviceRegistry.Data;

/// <summary>What happens to a device in a change: the statements, and what they tell.</summary>
internal static class DeviceChanges
{
    private const string Activate = """
        UPDATE devices SET status = 'active', was_active = true, wrapped_key = $2, sender_public_key = $3, wrapped_key_version = $4,
                           acked_key_version = GREATEST(acked_key_version, $5), updated_at = $6
        WHERE device_id = $1
        """;

    // A revoked device keeps its row and its key; everything that could serve it goes.
    private const string Revoke = """
        UPDATE devices SET status = 'revoked', wrapped_key = NULL, sender_public_key = NULL, wrapped_key_version = 0, acked_key_version = 0,
                           push_token = NULL, push_token_mac = NULL, push_platform = NULL, push_reference = NULL, updated_at = $2
        WHERE device_id = ANY($1)
        """;

    private const string Delete = "DELETE FROM devices WHERE device_id = $1";

    private const string DenyKey = """
        INSERT INTO revoked_keys (group_id, public_key_sha256, revoked_at)
        SELECT group_id, public_key_sha256, $2 FROM devices WHERE device_id = $1
        ON CONFLICT DO NOTHING
        """;

    private const string Reject = "UPDATE key_requests SET status = 'rejected', decided_at = $2 WHERE request_id = $1";

    private const string Expire = "UPDATE key_requests SET status = 'expired', decided_at = $2 WHERE request_id = $1";

    private const string ForgetGrants = "UPDATE key_requests SET wrapped_key = NULL, sender_public_key = NULL WHERE device_id = ANY($1) AND wrapped_key IS NOT NULL";

    /// <summary>A device has a wrapped key of the group's version, and is active from now on.</summary>
    /// <param name="isAcknowledged">Whether its owner has the key by this; otherwise he has yet to fetch it.</param>
    public static Device Hand(GroupTransaction change, Device device, byte[] wrappedKey, byte[] senderPublicKey, long version, bool isAcknowledged)
    {
        change.Writes.Add(
            Activate,
            Sql.Value(device.Id), Sql.Value(wrappedKey), Sql.Value(senderPublicKey), Sql.Value(version), Sql.Value(isAcknowledged ? version : 0L),
            Sql.Value(change.Now));
        var active = device with
        {
            Status = DeviceStatus.Active,
            WasActive = true,
            WrappedKey = wrappedKey,
            SenderPublicKey = senderPublicKey,
            WrappedKeyVersion = version,
            AckedKeyVersion = isAcknowledged ? version : device.AckedKeyVersion,
            UpdatedAt = change.Now,
        };
        if (device.Status == DeviceStatus.Pending)
        {
            change.Effects.DeviceActivated(active, version);
        }

        return active;
    }

    /// <summary>Devices are shut out for good (contract §5.20), with what belongs to them; those that are already are passed over.</summary>
    /// <param name="devices">As they are under the group's lock.</param>
    /// <returns>Those that are revoked by this.</returns>
    public static async Task<IReadOnlyList<Device>> RevokeAsync(GroupTransaction change, IReadOnlyCollection<Device> devices, CancellationToken cancellationToken)
    {
        var affected = devices.Where(device => device.Status != DeviceStatus.Revoked).ToList();
        if (affected.Count == 0)
        {
            return affected;
        }

        await RejectOpenRequestsAsync(change, affected, cancellationToken);
        var ids = affected.Select(device => device.Id).ToArray();
        change.Writes.Add(Revoke, Sql.Values(ids), Sql.Value(change.Now));
        change.Writes.Add(ForgetGrants, Sql.Values(ids));
        foreach (var device in affected)
        {
            change.Effects.DeviceRevoked(device);
        }

        return affected;
    }

    /// <summary>A device's row goes, with its requests. The key of a revoked one may not come back.</summary>
    /// <param name="hasExpired">Whether nobody removed it: it stayed pending too long.</param>
    public static async Task RemoveAsync(GroupTransaction change, Device device, bool hasExpired, CancellationToken cancellationToken)
    {
        await RejectOpenRequestsAsync(change, [device], cancellationToken);
        if (device.Status == DeviceStatus.Revoked)
        {
            change.Writes.Add(DenyKey, Sql.Value(device.Id), Sql.Value(change.Now));
        }

        change.Writes.Add(Delete, Sql.Value(device.Id));
        if (hasExpired)
        {
            change.Effects.DeviceExpired(device);
        }
        else
        {
            change.Effects.DeviceRemoved(device);
        }
    }

    /// <summary>What was wrapped for devices in answer to their requests is of no use, or must not be, any more.</summary>
    public static void ForgetGrantedKeys(GroupTransaction change, IEnumerable<Guid> deviceIds)
        => change.Writes.Add(ForgetGrants, Sql.Values(deviceIds));

    /// <summary>Nobody is to answer what these devices asked. A request whose time is over is expired instead.</summary>
    public static async Task RejectOpenRequestsAsync(GroupTransaction change, IEnumerable<Device> devices, CancellationToken cancellationToken)
    {
        foreach (var request in await KeyRequestStore.ListPendingAsync(change, devices.Select(device => device.Id), cancellationToken))
        {
            if (request.StatusAt(change.Now) == KeyRequestStatus.Expired)
            {
                ExpireRequest(change, request);
            }
            else
            {
                RejectRequest(change, request);
            }
        }
    }

    /// <summary>A request is refused or withdrawn.</summary>
    public static void RejectRequest(GroupTransaction change, KeyRequest request)
    {
        change.Writes.Add(Reject, Sql.Value(request.Id), Sql.Value(change.Now));
        change.Effects.KeyRequestRejected(request.Id, request.DeviceId);
    }

    /// <summary>A request's time is over.</summary>
    public static void ExpireRequest(GroupTransaction change, KeyRequest request)
    {
        change.Writes.Add(Expire, Sql.Value(request.Id), Sql.Value(change.Now));
        change.Effects.KeyRequestExpired(request.Id, request.DeviceId);
    }
}
