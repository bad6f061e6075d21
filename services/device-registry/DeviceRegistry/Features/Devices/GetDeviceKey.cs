using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;

namespace DeviceRegistry.Features.Devices;

/// <summary>The owner fetches the wrapped key that waits for his device, and acknowledges it thereby (contract §5.9).</summary>
public static class GetDeviceKey
{
    public static void Map(RouteGroupBuilder group) => group.MapGet("/devices/{deviceId}/key", HandleAsync)
        .For(GroupRequirement.MemberOrGlobalAdministrator)
        .WithName(nameof(GetDeviceKey))
        .WithSummary("Fetch a device's wrapped key")
        .WithDescription("Only the present version: a device that was left out of the last rotation has to ask with a key request.")
        .HasParameter("deviceId", "The device's id.")
        .Answers<DeviceKeyResponse>(StatusCodes.Status200OK, "The key, to be opened with the device's private key and the sender's public key.")
        .Refuses(
            DeviceRegistryProblems.DeviceNotFound, DeviceRegistryProblems.DeviceNotOwned, DeviceRegistryProblems.DeviceRevoked,
            DeviceRegistryProblems.KeyNotAvailable);

    internal static async Task<IResult> HandleAsync(string deviceId, HttpContext http, DeviceStore devices, CancellationToken cancellationToken)
    {
        var groupId = http.Access.Group.Id;
        if (PathValues.Id(deviceId) is not { } id)
        {
            return DeviceRegistryProblems.DeviceNotFound;
        }

        var (device, version) = await devices.FindWithKeyVersionAsync(groupId, id, cancellationToken);
        if (device is null)
        {
            return DeviceRegistryProblems.DeviceNotFound;
        }

        // Administrators included: the key is wrapped for the device, and nobody else has business with it.
        if (device.UserId != http.Caller.Identity)
        {
            return DeviceRegistryProblems.DeviceNotOwned;
        }

        if (device.Status == DeviceStatus.Revoked)
        {
            return DeviceRegistryProblems.DeviceRevoked;
        }

        if (device is not { Status: DeviceStatus.Active, WrappedKey: { } wrapped, SenderPublicKey: { } sender } || device.WrappedKeyVersion != version)
        {
            return DeviceRegistryProblems.KeyNotAvailable;
        }

        if (device.AckedKeyVersion < version)
        {
            await devices.AcknowledgeAsync(id, version, cancellationToken);
        }

        return TypedResults.Ok(new DeviceKeyResponse(id, groupId, Convert.ToBase64String(wrapped), Convert.ToBase64String(sender), version));
    }
}

/// <summary>A wrapped key.</summary>
/// <param name="EncryptedGroupKey">base64, as its sender made it.</param>
/// <param name="SenderPublicKey">The public key of the pair that it was wrapped with.</param>
/// <param name="KeyVersion">The version of the group's key.</param>
public sealed record DeviceKeyResponse(Guid DeviceId, long GroupId, string EncryptedGroupKey, string SenderPublicKey, long KeyVersion);
