using System.Collections.Frozen;
using DeviceRegistry.Data;
using DeviceRegistry.Domain;

namespace DeviceRegistry.Http;

/// <summary>
/// The device that a caller calls from: tokens do not say (contract §1.3). Header <c>X-Device-Id</c>, else his active device that was heard of last.
/// </summary>
internal static class CurrentDevice
{
    public const string HeaderName = "X-Device-Id";

    /// <summary>
    /// Refuses a header that names a device which is not the caller's, before the body and the state of the group are looked at (contract §1.4).
    /// </summary>
    public static async Task<Problem?> CheckAsync(HttpContext http, DeviceStore devices, CancellationToken cancellationToken)
        => http.Request.Headers.ContainsKey(HeaderName)
            ? Choose(http.Request, await devices.ListOfUserRowsAsync(http.Access.Group.Id, http.Caller.Identity, cancellationToken)).Problem
            : null;

    /// <summary>Reads, before a change, what choosing in it needs: when the caller's devices were heard of last, unless the header names one.</summary>
    public static async Task<IReadOnlyDictionary<Guid, DateTimeOffset>> ReadTimesAsync(HttpContext http, DeviceStore devices, CancellationToken cancellationToken)
        => http.Request.Headers.ContainsKey(HeaderName)
            ? FrozenDictionary<Guid, DateTimeOffset>.Empty
            : await devices.ReadLastSeenAsync(http.Access.Group.Id, http.Caller.Identity, cancellationToken);

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
