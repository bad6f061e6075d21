using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;

namespace DeviceRegistry.Features.Keys;

/// <summary>Which version the group's key has, and whether the caller's device is behind (contract §5.18).</summary>
public static class GetKeyVersion
{
    public static void Map(RouteGroupBuilder group) => group.MapGet("/keys/version", HandleAsync)
        .For(GroupRequirement.MemberOrGlobalAdministrator)
        .WithName(nameof(GetKeyVersion))
        .WithSummary("Read the version of the group's key")
        .WithDescription("`ETag` is the version as rotate takes it in `If-Match`.")
        .HasQuery("deviceId", "The device to compare with. Default: the one that the caller calls from.")
        .HasHeader(CurrentDevice.HeaderName, "The device that the caller calls from.")
        .Answers<KeyVersionResponse>(StatusCodes.Status200OK, "The version.")
        .Refuses(DeviceRegistryProblems.DeviceNotFound, DeviceRegistryProblems.DeviceNotOwned);

    internal static async Task<IResult> HandleAsync(HttpContext http, DeviceStore devices, CancellationToken cancellationToken)
    {
        var access = http.Access;
        var group = access.Group;
        Device? device;
        if (http.Request.Query.TryGetValue("deviceId", out var text))
        {
            if (PathValues.Id(text.ToString()) is not { } id || await devices.FindAsync(group.Id, id, cancellationToken) is not { } named)
            {
                return DeviceRegistryProblems.DeviceNotFound;
            }

            if (named.UserId != http.Caller.Identity && !access.IsGroupAdministrator && !http.Caller.IsGlobalAdministrator)
            {
                return DeviceRegistryProblems.DeviceNotOwned;
            }

            device = named;
        }
        else
        {
            (device, var problem) = CurrentDevice.Choose(http.Request, await devices.ListOfUserAsync(group.Id, http.Caller.Identity, cancellationToken));
            if (problem is not null)
            {
                return problem;
            }
        }

        http.Response.Headers.ETag = KeyVersions.TagOf(group.KeyVersion);
        return TypedResults.Ok(new KeyVersionResponse(
            group.KeyVersion,
            device?.AckedKeyVersion ?? 0,
            device is { Status: DeviceStatus.Active } && device.AckedKeyVersion < group.KeyVersion,
            group.LastRotatedAt));
    }
}

/// <summary>The version of a group's key.</summary>
/// <param name="KeyVersion">0: there never was a key.</param>
/// <param name="DeviceKeyVersion">The last version that the device fetched or was activated with.</param>
/// <param name="NeedsUpdate">Whether the device is active and behind.</param>
/// <param name="LastRotatedAt">Missing before the first rotation.</param>
public sealed record KeyVersionResponse(long KeyVersion, long DeviceKeyVersion, bool NeedsUpdate, DateTimeOffset? LastRotatedAt);
