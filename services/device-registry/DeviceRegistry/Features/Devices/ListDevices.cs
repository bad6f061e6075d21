using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;

namespace DeviceRegistry.Features.Devices;

/// <summary>All devices of all members, oldest first (contract §5.2). Not paged: a group has at most 1000 that are not revoked.</summary>
public static class ListDevices
{
    public static void Map(RouteGroupBuilder group) => group.MapGet("/devices", HandleAsync)
        .For(GroupRequirement.MemberOrGlobalAdministrator)
        .WithName(nameof(ListDevices))
        .WithSummary("List the group's devices")
        .WithDescription("Revoked ones included, unless a state is asked for.")
        .HasQuery("status", "Only devices in this state: `active`, `pending` or `revoked`.")
        .Answers<IReadOnlyList<DeviceResponse>>(StatusCodes.Status200OK, "By `createdAt`, then `deviceId`.")
        .Refuses(DeviceRegistryProblems.InvalidStatus);

    internal static async Task<IResult> HandleAsync(HttpContext http, DeviceStore devices, CancellationToken cancellationToken)
    {
        DeviceStatus? status = null;
        if (http.Request.Query.TryGetValue("status", out var values))
        {
            status = values is [{ } name] ? DeviceStatusNames.Parse(name) : null;
            if (status is null)
            {
                return DeviceRegistryProblems.InvalidStatus;
            }
        }

        var list = await devices.ListAsync(http.Access.Group.Id, status, cancellationToken);
        return TypedResults.Ok(list.Select(device => DeviceResponse.Of(device, http.Caller)));
    }
}
