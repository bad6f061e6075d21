using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;

namespace DeviceRegistry.Features.Groups;

/// <summary>A global administrator reads a group by number (contract §9).</summary>
public static class GetGroupById
{
    public static void Map(RouteGroupBuilder group) => group.MapGet("/group/id/{groupId}", HandleAsync)
        .WithName(nameof(GetGroupById))
        .WithSummary("Read a group by number")
        .HasGroupId()
        .Answers<GroupResponse>(StatusCodes.Status200OK, "The group.")
        .Refuses(DeviceRegistryProblems.InvalidGroupId, DeviceRegistryProblems.GroupNotFound);

    internal static async Task<IResult> HandleAsync(string groupId, HttpContext http, GroupDirectory groups, CancellationToken cancellationToken)
    {
        if (!PathValues.TryReadGroupId(groupId, out var id))
        {
            return DeviceRegistryProblems.InvalidGroupId;
        }

        return await groups.FindAsync(id, http.Caller, GroupRequirement.Administrator, cancellationToken) is { } access
            ? TypedResults.Ok(GroupResponse.Of(access.Group))
            : DeviceRegistryProblems.GroupNotFound;
    }
}
