using DeviceRegistry.Data;

namespace DeviceRegistry.Http;

/// <summary>The gate of operations that address a group by name.</summary>
internal static class NamedGroupFilter
{
    /// <summary>
    /// Closes a group of routes below a group's name. A group that is not there and one that the caller has nothing to do with are the same 404; a
    /// member who lacks a role gets 403.
    /// </summary>
    public static RouteGroupBuilder RequireNamedGroup(this RouteGroupBuilder group)
        => group.AddEndpointFilter(static async (context, next) =>
        {
            var http = context.HttpContext;
            var requirement = http.GetEndpoint()!.Metadata.GetRequiredMetadata<GroupRequirementMetadata>().Requirement;
            var name = http.Request.RouteValues["name"] as string ?? "";
            var access = await http.RequestServices.GetRequiredService<GroupDirectory>().FindAsync(name, http.Caller, requirement, http.RequestAborted);
            if (access is not { IsGranted: true })
            {
                return access is { IsMember: true } ? DeviceRegistryProblems.Forbidden : DeviceRegistryProblems.GroupNotFound;
            }

            http.Features.Set(access);
            return await next(context);
        })
        .Refuses(DeviceRegistryProblems.GroupNotFound);
}
