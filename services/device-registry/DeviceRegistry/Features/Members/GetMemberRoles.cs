using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;

namespace DeviceRegistry.Features.Members;

/// <summary>Somebody's roles in the group (contract §9).</summary>
public static class GetMemberRoles
{
    public static void Map(RouteGroupBuilder group) => group.MapGet("/role/{identity}", HandleAsync)
        .For(GroupRequirement.MemberOrGlobalAdministrator)
        .WithName(nameof(GetMemberRoles))
        .WithSummary("Read a member's roles")
        .HasParameter("name", "The group's name.")
        .HasParameter("identity", "The `sub` of his tokens, percent-encoded.")
        .Answers<MemberRolesResponse>(StatusCodes.Status200OK, "His roles.")
        .Refuses(DeviceRegistryProblems.MemberNotFound);

    internal static async Task<IResult> HandleAsync(string identity, HttpContext http, MemberStore members, CancellationToken cancellationToken)
    {
        // The server leaves an encoded slash alone, so that it does not become a separator.
        var name = identity.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        var group = http.Access.Group;
        return await members.FindAsync(group.Id, name, cancellationToken) is { IsActive: true } member
            ? TypedResults.Ok(MemberRolesResponse.Of(name, group.Name, member.Roles))
            : DeviceRegistryProblems.MemberNotFound;
    }
}
