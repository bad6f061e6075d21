using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;

namespace DeviceRegistry.Features.Groups;

/// <summary>Whether a group can be created with a name (contract §9).</summary>
public static class CheckGroupName
{
    public static void Map(RouteGroupBuilder group) => group.MapGet("/group/{name}/available", HandleAsync)
        .WithName(nameof(CheckGroupName))
        .WithSummary("Whether a group's name is free")
        .HasParameter("name", "The name.")
        .Answers<GroupNameResponse>(StatusCodes.Status200OK, "False for a name that is taken or cannot be one.");

    internal static async Task<IResult> HandleAsync(string name, HttpContext http, GroupDirectory groups, CancellationToken cancellationToken)
        => TypedResults.Ok(new GroupNameResponse(
            PutGroup.IsName(name) && await groups.FindAsync(name, http.Caller, GroupRequirement.Administrator, cancellationToken) is null));
}

/// <summary>Whether a name is free.</summary>
public sealed record GroupNameResponse(bool Available);
