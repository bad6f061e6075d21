using DeviceRegistry.Domain;
using DeviceRegistry.Http;

namespace DeviceRegistry.Features.Secrets;

/// <summary>Whether the group has its key: the first device makes one, later ones ask for it (contract §9).</summary>
public static class GetKeyStatus
{
    public static void Map(RouteGroupBuilder group) => group.MapGet("/secrets/key-status", Handle)
        .For(GroupRequirement.MemberOrGlobalAdministrator)
        .WithName(nameof(GetKeyStatus))
        .WithSummary("Whether the group has its key")
        .Answers<KeyStatusResponse>(StatusCodes.Status200OK, "True from the first activation or secrets until a reset.");

    internal static IResult Handle(HttpContext http)
    {
        var group = http.Access.Group;
        return TypedResults.Ok(new KeyStatusResponse(group.Id, group.KeyReady));
    }
}

/// <summary>Whether a group has its key.</summary>
public sealed record KeyStatusResponse(long GroupId, bool KeyReady);
