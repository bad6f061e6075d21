using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;

namespace DeviceRegistry.Features.Members;

/// <summary>The members that the group has rows for, in the order in which they were added (contract §9).</summary>
public static class ListMembers
{
    public static void Map(RouteGroupBuilder group) => group.MapGet("/members", HandleAsync)
        .For(GroupRequirement.MemberOrGlobalAdministrator)
        .WithName(nameof(ListMembers))
        .WithSummary("List a group's members")
        .WithDescription("Members whose token alone makes them so are not known here.")
        .HasParameter("name", "The group's name.")
        .Answers<IReadOnlyList<MemberResponse>>(StatusCodes.Status200OK, "The members, and who is invited.");

    internal static async Task<IResult> HandleAsync(HttpContext http, MemberStore members, CancellationToken cancellationToken)
    {
        var group = http.Access.Group;
        var list = await members.ListAsync(group.Id, cancellationToken);
        return TypedResults.Ok(list.Select(member => MemberResponse.Of(member, group.Name)));
    }
}
