using System.Collections.Frozen;
using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Features.Keys;
using DeviceRegistry.Http;

namespace DeviceRegistry.Features.Devices;

/// <summary>
/// An administrator shuts a device out for good (contract §5.20); with new keys for the others in the body, both happen or neither.
/// </summary>
public static class RevokeDevice
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/devices/{deviceId}/revoke", HandleAsync)
        .For(GroupRequirement.Administrator)
        .WithName(nameof(RevokeDevice))
        .WithSummary("Revoke a device")
        .WithDescription("With `deviceKeys` or `newEncryptedSecrets` the group's key is rotated in the same step; if that is refused, the device is not "
            + "revoked. Without, an empty body will do.")
        .HasParameter("deviceId", "The device's id.")
        .HasHeader("If-Match", "`\"kv-N\"`: rotate only if the key has version N.")
        .HasHeader(CurrentDevice.HeaderName, "The device that the caller calls from.")
        .Takes<RotateKeyRequest>(isRequired: false)
        .Answers(StatusCodes.Status204NoContent, "Revoked.")
        .Answers<KeyRotationResponse>(StatusCodes.Status200OK, "Revoked, and the key is rotated.")
        .Refuses(
            DeviceRegistryProblems.DeviceNotFound, DeviceRegistryProblems.DeviceNotOwned, DeviceRegistryProblems.UnsupportedMediaType,
            DeviceRegistryProblems.PayloadTooLarge, DeviceRegistryProblems.InvalidJson, DeviceRegistryProblems.ValidationFailed,
            DeviceRegistryProblems.InvalidEncryptedKey, DeviceRegistryProblems.InvalidPublicKey, DeviceRegistryProblems.KeyVersionConflict,
            DeviceRegistryProblems.GroupKeyNotInitialized, DeviceRegistryProblems.InvalidDeviceKeys, DeviceRegistryProblems.NewSecretsRequired);

    internal static async Task<IResult> HandleAsync(
        string deviceId, HttpContext http, GroupTransactions groups, DeviceStore devices, CancellationToken cancellationToken)
    {
        if (PathValues.Id(deviceId) is not { } id || await devices.FindAsync(http.Access.Group.Id, id, cancellationToken) is null)
        {
            return DeviceRegistryProblems.DeviceNotFound;
        }

        var (rotation, refusal) = await RotationRequest.ReadOptionalAsync(http);
        if (refusal is not null)
        {
            return refusal;
        }

        var times = FrozenDictionary<Guid, DateTimeOffset>.Empty as IReadOnlyDictionary<Guid, DateTimeOffset>;
        if (rotation is not null)
        {
            if (await CurrentDevice.CheckAsync(http, devices, cancellationToken) is { } notOwned)
            {
                return notOwned;
            }

            times = await GroupKeyRotation.ReadTimesAsync(http, rotation, devices, cancellationToken);
        }

        await using var change = await groups.BeginAsync(http.Access, cancellationToken);
        if (!change.IsGranted)
        {
            return DeviceRegistryProblems.Forbidden;
        }

        if (await DeviceStore.FindAsync(change, id, cancellationToken) is not { } device)
        {
            return DeviceRegistryProblems.DeviceNotFound;
        }

        await DeviceChanges.RevokeAsync(change, [device], cancellationToken);
        if (rotation is null)
        {
            if (device.Status != DeviceStatus.Revoked)
            {
                await change.CommitAsync();
            }

            return TypedResults.NoContent();
        }

        var (rotated, conflict) = await GroupKeyRotation.RotateAsync(change, http, rotation, revoked: id, times, cancellationToken);
        if (rotated is null)
        {
            return conflict!;
        }

        await change.CommitAsync();
        return TypedResults.Ok(rotated);
    }
}
