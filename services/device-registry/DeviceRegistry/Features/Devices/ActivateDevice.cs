using System.Collections.Frozen;
using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;
using Npgsql;

namespace DeviceRegistry.Features.Devices;

/// <summary>Stores the group's key, wrapped for a device, and makes the device active (contract §5.7, <see cref="ActivationRule"/>).</summary>
public static class ActivateDevice
{
    // A grant counts for the key that was asked with and for the version that the group has now.
    private const string Facts = """
        SELECT EXISTS (SELECT FROM key_requests r JOIN devices d ON d.device_id = r.device_id
                       WHERE r.device_id = $1 AND r.status = 'granted' AND r.public_key = d.public_key AND r.key_version = $3),
               EXISTS (SELECT FROM devices WHERE group_id = $2 AND status = 'active')
        """;

    public static void Map(RouteGroupBuilder group) => group.MapPost("/devices/{deviceId}/activate", HandleAsync)
        .For(GroupRequirement.MemberOrGroupAdministrator)
        .WithName(nameof(ActivateDevice))
        .WithSummary("Hand a device the group's key")
        .WithDescription("For the first device of a group; for one that was handed the present key before; for the last one that was active; and from "
            + "another device of the caller that holds the present key. Repeating it changes nothing.")
        .HasParameter("deviceId", "The device's id.")
        .HasHeader(CurrentDevice.HeaderName, "The device that the caller calls from.")
        .Takes<ActivateDeviceRequest>()
        .Answers<DeviceResponse>(StatusCodes.Status200OK, "The device is active.")
        .Refuses(
            DeviceRegistryProblems.DeviceNotFound, DeviceRegistryProblems.DeviceRevoked, DeviceRegistryProblems.UnsupportedMediaType,
            DeviceRegistryProblems.PayloadTooLarge, DeviceRegistryProblems.InvalidJson, DeviceRegistryProblems.ValidationFailed,
            DeviceRegistryProblems.InvalidEncryptedKey, DeviceRegistryProblems.InvalidPublicKey, DeviceRegistryProblems.KeyGrantRequired,
            DeviceRegistryProblems.DeviceNotOwned, DeviceRegistryProblems.KeyVersionConflict);

    internal static async Task<IResult> HandleAsync(
        string deviceId, HttpContext http, GroupTransactions groups, DeviceStore devices, CancellationToken cancellationToken)
    {
        // 1. The devices, then the body.
        if (PathValues.Id(deviceId) is not { } id || await devices.FindAsync(http.Access.Group.Id, id, cancellationToken) is not { } found)
        {
            return DeviceRegistryProblems.DeviceNotFound;
        }

        if (await CurrentDevice.CheckAsync(http, devices, cancellationToken) is { } notOwned)
        {
            return notOwned;
        }

        if (found.Status == DeviceStatus.Revoked)
        {
            return DeviceRegistryProblems.DeviceRevoked;
        }

        var (request, refusal) = await ReadAsync(http.Request);
        if (request is null)
        {
            return refusal!;
        }

        // 2. Everything again under the lock.
        var times = request.Sender is null ? await CurrentDevice.ReadTimesAsync(http, devices, cancellationToken) : FrozenDictionary<Guid, DateTimeOffset>.Empty;
        await using var change = await groups.BeginAsync(http.Access, cancellationToken);
        if (!change.IsGranted)
        {
            return DeviceRegistryProblems.Forbidden;
        }

        if (await DeviceStore.FindAsync(change, id, cancellationToken) is not { } device)
        {
            return DeviceRegistryProblems.DeviceNotFound;
        }

        var own = await DeviceStore.ListOfUserAsync(change, http.Caller.Identity, times, cancellationToken);
        var (named, problem) = Named(http.Request, own);
        if (problem is not null)
        {
            return problem;
        }

        if (device.Status == DeviceStatus.Revoked)
        {
            return DeviceRegistryProblems.DeviceRevoked;
        }

        var right = ActivationRule.Decide(await ReadFactsAsync(change, device, http.Caller, own, cancellationToken));
        if (right == ActivationRight.None)
        {
            return DeviceRegistryProblems.KeyGrantRequired;
        }

        // 3. The same again is the answer again; who does not say whose key pair it was wrapped with cannot mean another one by the same bytes.
        var version = KeyChanges.VersionOnceReady(change);
        var sender = request.Sender?.Der ?? named?.PublicKey;
        if (IsRepeated(device, request.WrappedKey, sender, version))
        {
            return TypedResults.Ok(DeviceResponse.Of(device, http.Caller));
        }

        // 4. A bootstrap makes the key, and may find that its own secrets did so a moment ago. Who has made one for a group without key, and another
        // one was faster, has to ask for that one.
        if (right != ActivationRight.Bootstrap)
        {
            if (!http.Access.Group.KeyReady)
            {
                return DeviceRegistryProblems.KeyGrantRequired;
            }

            if (KeyVersions.HasChangedSinceArrival(http, change))
            {
                return KeyVersions.Conflict(change.Group.KeyVersion);
            }
        }

        sender ??= Wrapper(http.Request, right, device, own, change.Group).PublicKey;
        KeyChanges.MakeReady(change, deviceIsActive: true);
        var active = DeviceChanges.Hand(change, device, request.WrappedKey, sender, version, isAcknowledged: true);
        if (right == ActivationRight.OtherDevice)
        {
            change.Effects.KeyUpdateAvailable(version, [device.Id]);
        }

        await change.CommitAsync();
        return TypedResults.Ok(DeviceResponse.Of(active, http.Caller));
    }

    private static bool IsRepeated(Device device, byte[] wrappedKey, byte[]? sender, long version)
        => device.Status == DeviceStatus.Active && device.WrappedKeyVersion == version && device.AckedKeyVersion == version
            && wrappedKey.AsSpan().SequenceEqual(device.WrappedKey) && (sender is null || sender.AsSpan().SequenceEqual(device.SenderPublicKey));

    private static (Device? Device, Problem? Problem) Named(HttpRequest request, IReadOnlyList<Device> own)
        => request.Headers.ContainsKey(CurrentDevice.HeaderName) ? CurrentDevice.Choose(request, own) : default;

    // With whose pair it was wrapped, when nobody says: that of the device which the caller calls from, of those that have the key to wrap; or the
    // target's own. A target that is handed the key from another device has none to wrap with.
    private static Device Wrapper(HttpRequest request, ActivationRight right, Device device, IReadOnlyList<Device> own, Group group)
        => CurrentDevice.Choose(request, [.. own.Where(one => one.HoldsKeyOf(group) && (right != ActivationRight.OtherDevice || one.Id != device.Id))]).Device ?? device;

    private static async Task<ActivationFacts> ReadFactsAsync(
        GroupTransaction change, Device device, Caller caller, IReadOnlyList<Device> own, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Facts, change.Connection);
        command.Parameters.Add(Sql.Value(device.Id));
        command.Parameters.Add(Sql.Value(change.Group.Id));
        command.Parameters.Add(Sql.Value(change.Group.KeyVersion));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new ActivationFacts(change.Group, device, caller.Identity, reader.GetBoolean(0), reader.GetBoolean(1), own);
    }

    private static async Task<(Activation? Activation, IResult? Refusal)> ReadAsync(HttpRequest request)
    {
        var (body, problem) = await StrictJsonBody.ReadAsync(request, StrictJsonBody.DefaultLimit);
        if (body is null)
        {
            return (null, problem);
        }

        using (body)
        {
            var read = new Activation(body.RequiredWrappedKey("encryptedGroupKey"), body.OptionalPublicKey("senderPublicKey"));
            return body.Refusal is { } refusal ? (null, refusal) : (read, null);
        }
    }

    private sealed record Activation(byte[] WrappedKey, DevicePublicKey? Sender);
}

/// <summary>The group's key for a device.</summary>
public sealed record ActivateDeviceRequest
{
    /// <summary>The key, wrapped for the device: base64 of 28–4096 bytes, opaque.</summary>
    public required string EncryptedGroupKey { get; init; }

    /// <summary>The public key of the pair that it was wrapped with. Default: that of the device that the caller calls from, or the device's own.</summary>
    public string? SenderPublicKey { get; init; }
}
