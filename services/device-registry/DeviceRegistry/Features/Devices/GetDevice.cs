using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;

namespace DeviceRegistry.Features.Devices;

/// <summary>One device, for any member (contract §5.6).</summary>
public static class GetDevice
{
    public static void Map(RouteGroupBuilder group) => group.MapGet("/devices/{deviceId}", HandleAsync)
        .For(GroupRequirement.MemberOrGlobalAdministrator)
        .WithName(nameof(GetDevice))
        .WithSummary("Read a device")
        .HasParameter("deviceId", "The device's id.")
        .Answers<DeviceResponse>(StatusCodes.Status200OK, "The device; its wrapped key only for its owner.")
        .Refuses(DeviceRegistryProblems.DeviceNotFound);

    internal static async Task<IResult> HandleAsync(string deviceId, HttpContext http, DeviceStore devices, CancellationToken cancellationToken)
        => PathValues.Id(deviceId) is { } id && await devices.FindAsync(http.Access.Group.Id, id, cancellationToken) is { } device
            ? TypedResults.Ok(DeviceResponse.Of(device, http.Caller))
            : DeviceRegistryProblems.DeviceNotFound;
}
