using System.Globalization;
using DeviceRegistry.Data;

namespace DeviceRegistry.Http;

/// <summary>The version of a group's key, between requests and changes.</summary>
internal static class KeyVersions
{
    /// <summary>As entity tag: <c>"kv-7"</c>.</summary>
    public static string TagOf(long version) => string.Create(CultureInfo.InvariantCulture, $"\"kv-{version}\"");

    /// <summary>The refusal, which tells the present version.</summary>
    public static IResult Conflict(long version) => DeviceRegistryProblems.KeyVersionConflict.With(json => json.WriteNumber("keyVersion"u8, version));

    /// <summary>
    /// Whether the key was rotated between the request's arrival and its turn. What it brings was then made with the old key, also when the caller's
    /// device has been handed the new one by that very rotation: stored under the new version it would open nothing.
    /// </summary>
    public static bool HasChangedSinceArrival(HttpContext http, GroupTransaction change) => change.Group.KeyVersion != http.Access.Group.KeyVersion;
}
