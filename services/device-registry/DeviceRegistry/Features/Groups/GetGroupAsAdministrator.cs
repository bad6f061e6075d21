using DeviceRegistry.Domain;
using DeviceRegistry.Http;

namespace DeviceRegistry.Features.Groups;

/// <summary>A global administrator reads any group by name (contract §9).</summary>
public static class GetGroupAsAdministrator
{
    public static void Map(RouteGroupBuilder group) => group.MapGet("", Handle)
        .For(GroupRequirement.Administrator)
        .WithName(nameof(GetGroupAsAdministrator))
        .WithSummary("Read any group by name")
        .HasParameter("name", "The group's name.")
        .Answers<GroupResponse>(StatusCodes.Status200OK, "The group.");

    internal static IResult Handle(HttpContext http) => TypedResults.Ok(GroupResponse.Of(http.Access.Group));
}
