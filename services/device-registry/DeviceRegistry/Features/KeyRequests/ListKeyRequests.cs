using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;

namespace DeviceRegistry.Features.KeyRequests;

/// <summary>The key requests that wait for an answer, oldest first (contract §5.13).</summary>
public static class ListKeyRequests
{
    public static void Map(RouteGroupBuilder group) => group.MapGet("/devices/key-requests", HandleAsync)
        .For(GroupRequirement.MemberOrGlobalAdministrator)
        .WithName(nameof(ListKeyRequests))
        .WithSummary("List the open key requests")
        .Answers<IReadOnlyList<KeyRequestResponse>>(StatusCodes.Status200OK, "Those that can be granted now.");

    internal static async Task<IResult> HandleAsync(HttpContext http, KeyRequestStore requests, TimeProvider clock, CancellationToken cancellationToken)
    {
        var open = await requests.ListOpenAsync(http.Access.Group.Id, cancellationToken);
        var now = clock.GetUtcNow();
        return TypedResults.Ok(open.Select(request => KeyRequestResponse.Of(request, http.Caller, now)));
    }
}
