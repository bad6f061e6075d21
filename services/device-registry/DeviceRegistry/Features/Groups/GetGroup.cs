using DeviceRegistry.Domain;
using DeviceRegistry.Http;

namespace DeviceRegistry.Features.Groups;

/// <summary>A member reads his group by name, and learns its number (contract §9).</summary>
public static class GetGroup
{
    public static void Map(RouteGroupBuilder group) => group.MapGet("", Handle)
        .For(GroupRequirement.MemberOrGlobalAdministrator)
        .WithName(nameof(GetGroup))
        .WithSummary("Read a group by name")
        .HasParameter("name", "The group's name.")
        .Answers<GroupResponse>(StatusCodes.Status200OK, "The group.");

    internal static IResult Handle(HttpContext http) => TypedResults.Ok(GroupResponse.Of(http.Access.Group));
}
