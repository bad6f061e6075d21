using DeviceRegistry.Data;
using DeviceRegistry.Domain;

namespace DeviceRegistry.Http;

/// <summary>Operations on a device that only its owner may do: not there (404), somebody else's (403), revoked (403), in this order (contract §1.4).</summary>
internal static class OwnedDevice
{
    /// <summary>Looks before the body is read.</summary>
    /// <returns>The id, or why not.</returns>
    public static async Task<(Guid Id, Problem? Problem)> FindAsync(
        string deviceId, HttpContext http, DeviceStore devices, CancellationToken cancellationToken)
    {
        if (PathValues.Id(deviceId) is not { } id)
        {
            return (default, DeviceRegistryProblems.DeviceNotFound);
        }

        var device = await devices.FindAsync(http.Access.Group.Id, id, cancellationToken);
        return (id, Check(device, http.Caller));
    }

    /// <summary>Looks again under the lock, also at the caller's membership.</summary>
    public static async Task<(Device? Device, Problem? Problem)> FindAsync(GroupTransaction change, Guid id, CancellationToken cancellationToken)
    {
        if (!change.IsGranted)
        {
            return (null, DeviceRegistryProblems.Forbidden);
        }

        var device = await DeviceStore.FindAsync(change, id, cancellationToken);
        return Check(device, change.Access.Caller) is { } problem ? (null, problem) : (device, null);
    }

    private static Problem? Check(Device? device, Caller caller)
        => device is null ? DeviceRegistryProblems.DeviceNotFound
            : device.UserId != caller.Identity ? DeviceRegistryProblems.DeviceNotOwned
            : device.Status == DeviceStatus.Revoked ? DeviceRegistryProblems.DeviceRevoked
            : null;
}
