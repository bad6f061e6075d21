using DeviceRegistry.Domain;

namespace DeviceRegistry.Http;

/// <summary>
/// The device that a caller calls from: tokens do not say (contract §1.3). Header <c>X-Device-Id</c>, else his active device that was heard of last.
/// </summary>
internal static class CurrentDevice
{
    public const string HeaderName = "X-Device-Id";

    /// <summary>Chooses.</summary>
    /// <param name="own">The caller's devices in the group that are not revoked.</param>
    /// <returns>The device, if there is one; a problem when the header names one that is not among them.</returns>
    public static (Device? Device, Problem? Problem) Choose(HttpRequest request, IReadOnlyList<Device> own)
    {
        var header = request.Headers[HeaderName];
        if (header.Count == 0)
        {
            return (own.Where(device => device.Status == DeviceStatus.Active).MaxBy(static device => (device.LastSeenAt, device.CreatedAt)), null);
        }

        var id = header.Count == 1 ? PathValues.Id(header[0]) : null;
        var named = own.FirstOrDefault(device => device.Id == id);
        return named is null ? (null, DeviceRegistryProblems.DeviceNotOwned) : (named, null);
    }
}
