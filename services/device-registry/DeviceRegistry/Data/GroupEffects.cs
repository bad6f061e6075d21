using System.Text.Json;
using DeviceRegistry.Contracts.V1;
using DeviceRegistry.Domain;
using Npgsql;
using ServiceDefaults.Messaging;

namespace DeviceRegistry.Data;

/// <summary>
/// What a change tells: each method is one thing that happened, with its domain event (contract §7) and its event on the group's streams (§6).
/// All of it goes into the outbox in the transaction of the change: the domain events, and everything for the streams as
/// <see cref="GroupChanged"/>, numbered within the group. Nothing here carries keys, ciphertext or push tokens.
/// </summary>
/// <remarks>
/// Two aggregates, so that a domain event which waits for another service's queue does not hold up the streams.
/// </remarks>
internal sealed class GroupEffects(Group group, string actor, DateTimeOffset now)
{
    private const string CountChange = "UPDATE groups SET change_number = $2 WHERE id = $1";

    /// <summary>
    /// Events and closures of one message: the longest names and identities, and a rotation for a thousand devices, stay below
    /// <see cref="Outbox.MaxBodyLength"/>. A change of a large group takes several messages.
    /// </summary>
    private const int PartSize = 64;

    private readonly List<Action<NpgsqlBatch, Outbox, string>> _events = [];
    private readonly List<GroupStreamEvent> _stream = [];
    private readonly List<GroupStreamClosure> _closures = [];

    /// <summary>The devices that are revoked or gone.</summary>
    public IEnumerable<Guid> EndedDevices => _closures.Select(closure => closure.DeviceId).OfType<Guid>();

    /// <summary>Whether the group has another name.</summary>
    public bool IsRenamed { get; private set; }

    public void DeviceRegistered(Device device)
    {
        Tell("device_registered", new { deviceId = device.Id, userId = device.UserId, deviceName = device.Name, deviceType = device.Type });
        Publish(new DeviceRegistered
        {
            GroupId = group.Id,
            DeviceId = device.Id,
            UserId = device.UserId,
            DeviceName = device.Name,
            DeviceType = device.Type,
            PublicKeyThumbprint = device.Thumbprint,
            Actor = actor,
            OccurredAt = now,
        });
    }

    public void DeviceActivated(Device device, long keyVersion)
    {
        Tell("device_activated", new { deviceId = device.Id, userId = device.UserId, keyVersion });
        Publish(new DeviceActivated
        {
            GroupId = group.Id,
            DeviceId = device.Id,
            UserId = device.UserId,
            KeyVersion = keyVersion,
            Actor = actor,
            OccurredAt = now,
        });
    }

    /// <param name="device">With its new key.</param>
    public void DevicePublicKeyChanged(Device device)
    {
        DeviceUpdated(device.Id, "publicKey");
        Publish(new DevicePublicKeyChanged
        {
            GroupId = group.Id,
            DeviceId = device.Id,
            UserId = device.UserId,
            PublicKeyThumbprint = device.Thumbprint,
            Actor = actor,
            OccurredAt = now,
        });
    }

    /// <summary>Something about a device is new that has no domain event.</summary>
    public void DeviceUpdated(Guid deviceId, params IReadOnlyList<string> fields) => Tell("device_updated", new { deviceId, fields });

    public void DeviceRevoked(Device device)
    {
        Tell("device_revoked", new { deviceId = device.Id, userId = device.UserId });
        _closures.Add(new GroupStreamClosure("device_revoked", DeviceId: device.Id));
        Publish(new DeviceRevoked
        {
            GroupId = group.Id,
            GroupName = group.Name,
            DeviceId = device.Id,
            UserId = device.UserId,
            PublicKeyThumbprint = device.Thumbprint,
            SessionId = device.SessionId,
            Actor = actor,
            OccurredAt = now,
        });
    }

    public void DeviceRemoved(Device device)
    {
        TellRemoved(device);
        Publish(new DeviceRemoved
        {
            GroupId = group.Id,
            DeviceId = device.Id,
            UserId = device.UserId,
            PublicKeyThumbprint = device.Thumbprint,
            Actor = actor,
            OccurredAt = now,
        });
    }

    /// <summary>A device that stayed pending too long is gone; for the streams it is removed.</summary>
    public void DeviceExpired(Device device)
    {
        TellRemoved(device);
        Publish(new DeviceExpired
        {
            GroupId = group.Id,
            DeviceId = device.Id,
            UserId = device.UserId,
            PublicKeyThumbprint = device.Thumbprint,
            Actor = actor,
            OccurredAt = now,
        });
    }

    public void KeyRequestCreated(KeyRequest request)
    {
        Tell("key_request_created", new
        {
            requestId = request.Id,
            requestingDeviceId = request.DeviceId,
            requestingPublicKey = Convert.ToBase64String(request.PublicKey),
            expiresAt = Http.Timestamps.Text(request.ExpiresAt),
        });
        Publish(new KeyRequestCreated { GroupId = group.Id, RequestId = request.Id, RequestingDeviceId = request.DeviceId, Actor = actor, OccurredAt = now });
    }

    public void KeyRequestGranted(KeyRequest request, Guid grantingDeviceId, long keyVersion)
    {
        Tell("key_request_granted", new { requestId = request.Id, requestingDeviceId = request.DeviceId, grantingDeviceId });
        Publish(new KeyRequestGranted
        {
            GroupId = group.Id,
            RequestId = request.Id,
            RequestingDeviceId = request.DeviceId,
            GrantingDeviceId = grantingDeviceId,
            KeyVersion = keyVersion,
            Actor = actor,
            OccurredAt = now,
        });
    }

    public void KeyRequestRejected(Guid requestId, Guid requestingDeviceId)
    {
        Tell("key_request_rejected", new { requestId, requestingDeviceId });
        Publish(new KeyRequestRejected { GroupId = group.Id, RequestId = requestId, RequestingDeviceId = requestingDeviceId, Actor = actor, OccurredAt = now });
    }

    public void KeyRequestExpired(Guid requestId, Guid requestingDeviceId)
    {
        Tell("key_request_expired", new { requestId, requestingDeviceId });
        Publish(new KeyRequestExpired { GroupId = group.Id, RequestId = requestId, RequestingDeviceId = requestingDeviceId, Actor = actor, OccurredAt = now });
    }

    public void GroupKeyInitialized(long keyVersion)
        => Publish(new GroupKeyInitialized { GroupId = group.Id, KeyVersion = keyVersion, Actor = actor, OccurredAt = now });

    /// <param name="keyVersion">The new one.</param>
    /// <param name="updated">The devices that the new key was wrapped for: each is told that it waits.</param>
    /// <param name="pending">How many were left out.</param>
    public void GroupKeyRotated(long keyVersion, IReadOnlyList<Guid> updated, int pending, string? reason)
    {
        Tell("key_rotated", new { keyVersion, devicesUpdated = updated.Count, devicesPendingKeyRequest = pending });
        KeyUpdateAvailable(keyVersion, updated);
        Publish(new GroupKeyRotated
        {
            GroupId = group.Id,
            KeyVersion = keyVersion,
            DevicesUpdated = updated.Count,
            DevicesPendingKeyRequest = pending,
            Reason = reason,
            Actor = actor,
            OccurredAt = now,
        });
    }

    /// <summary>The group has no key any more; the streams hear of a key that nobody holds.</summary>
    public void GroupKeyReset(long keyVersion, int devices)
    {
        Tell("key_rotated", new { keyVersion, devicesUpdated = 0, devicesPendingKeyRequest = devices });
        Publish(new GroupKeyReset { GroupId = group.Id, KeyVersion = keyVersion, Actor = actor, OccurredAt = now });
    }

    /// <summary>A wrapped key waits for these devices; only they hear of it.</summary>
    public void KeyUpdateAvailable(long keyVersion, IReadOnlyList<Guid> deviceIds)
    {
        if (deviceIds.Count > 0)
        {
            _stream.Add(new GroupStreamEvent("key_update_available", Data(new { keyVersion }), deviceIds));
        }
    }

    public void SecretsUpdated(long version) => Tell("secrets_updated", new { version });

    /// <summary>Somebody is not a member any more: his streams end.</summary>
    public void MembershipRemoved(string identity) => _closures.Add(new GroupStreamClosure("membership_removed", Identity: identity));

    /// <summary>The group has another name: who was a member by the old one is none any more.</summary>
    public void Renamed() => IsRenamed = true;

    /// <summary>Appends everything to the statements of the change.</summary>
    public void AddTo(NpgsqlBatch batch, Outbox outbox)
    {
        foreach (var publish in _events)
        {
            publish(batch, outbox, $"group:{group.Id}");
        }

        var number = group.ChangeNumber;
        foreach (var part in Parts())
        {
            number++;
            outbox.Add(batch, $"group-stream:{group.Id}", part with { Number = number });
        }

        if (number > group.ChangeNumber)
        {
            batch.Add(CountChange, Sql.Value(group.Id), Sql.Value(number));
        }
    }

    // The closures come after all events: a stream hears why it ends.
    private IEnumerable<GroupChanged> Parts()
    {
        var total = _stream.Count + _closures.Count;
        for (var start = 0; start < total || (start == 0 && IsRenamed); start += PartSize)
        {
            var events = _stream.Skip(start).Take(PartSize).ToList();
            yield return new GroupChanged
            {
                GroupId = group.Id,
                Number = 0,
                Events = events,
                Closures = [.. _closures.Skip(start - _stream.Count).Take(PartSize - events.Count)],
                IsRenamed = IsRenamed,
                OccurredAt = now,
            };
        }
    }

    private void TellRemoved(Device device)
    {
        Tell("device_removed", new { deviceId = device.Id, userId = device.UserId });
        _closures.Add(new GroupStreamClosure("device_removed", DeviceId: device.Id));
    }

    private void Tell(string name, object data) => _stream.Add(new GroupStreamEvent(name, Data(data)));

    private void Publish<TEvent>(TEvent message)
        where TEvent : class
        => _events.Add((batch, outbox, aggregate) => outbox.Add(batch, aggregate, message));

    private static JsonElement Data(object data) => JsonSerializer.SerializeToElement(data, JsonSerializerOptions.Web);
}
