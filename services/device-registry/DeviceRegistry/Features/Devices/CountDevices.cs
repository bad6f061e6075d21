using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;

namespace DeviceRegistry.Features.Devices;

/// <summary>How many places the group has, and how many are taken (contract §5.3): pending and active devices count.</summary>
public static class CountDevices
{
    public static void Map(RouteGroupBuilder group) => group.MapGet("/devices/count", HandleAsync)
        .For(GroupRequirement.MemberOrGlobalAdministrator)
        .WithName(nameof(CountDevices))
        .WithSummary("Count the group's devices")
        .WithDescription("`limitReached` is true exactly when the next registration would be refused.")
        .Answers<DeviceLimitResponse>(StatusCodes.Status200OK, "Taken and available places.");

    internal static async Task<IResult> HandleAsync(HttpContext http, DeviceStore devices, CancellationToken cancellationToken)
    {
        var group = http.Access.Group;
        return TypedResults.Ok(DeviceLimitResponse.Of(await devices.CountAsync(group.Id, cancellationToken), group.MaxDevices));
    }
}
