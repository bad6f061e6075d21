using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;

namespace DeviceRegistry.Features.KeyRequests;

/// <summary>One key request, in any state (contract §5.15). The owner of the device that asked acknowledges the key by reading the answer.</summary>
public static class GetKeyRequest
{
    public static void Map(RouteGroupBuilder group) => group.MapGet("/devices/key-requests/{requestId}", HandleAsync)
        .For(GroupRequirement.MemberOrGlobalAdministrator)
        .WithName(nameof(GetKeyRequest))
        .WithSummary("Read a key request")
        .HasParameter("requestId", "The request's id.")
        .Answers<KeyRequestResponse>(StatusCodes.Status200OK, "The request; its answer only for the owner of the device that asked.")
        .Refuses(DeviceRegistryProblems.KeyRequestNotFound);

    internal static async Task<IResult> HandleAsync(
        string requestId, HttpContext http, KeyRequestStore requests, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (PathValues.Id(requestId) is not { } id || await requests.FindAsync(http.Access.Group.Id, id, cancellationToken) is not { } request)
        {
            return DeviceRegistryProblems.KeyRequestNotFound;
        }

        if (request is { Status: KeyRequestStatus.Granted, WrappedKey: not null } && request.OwnerId == http.Caller.Identity)
        {
            await requests.AcknowledgeAsync(id, cancellationToken);
        }

        return TypedResults.Ok(KeyRequestResponse.Of(request, http.Caller, clock.GetUtcNow()));
    }
}
