using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;

namespace DeviceRegistry.Features.KeyRequests;

/// <summary>A key request is withdrawn by whoever asked, or refused by a member with an active device or an administrator (contract §5.17).</summary>
public static class RejectKeyRequest
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/devices/key-requests/{requestId}/reject", HandleAsync)
        .For(GroupRequirement.MemberOrGroupAdministrator)
        .WithName(nameof(RejectKeyRequest))
        .WithSummary("Reject or withdraw a key request")
        .HasParameter("requestId", "The request's id.")
        .Answers(StatusCodes.Status204NoContent, "Rejected.")
        .Refuses(DeviceRegistryProblems.KeyRequestNotFound, DeviceRegistryProblems.NoActiveDevice, DeviceRegistryProblems.KeyRequestNotPending);

    internal static async Task<IResult> HandleAsync(
        string requestId, HttpContext http, GroupTransactions groups, CancellationToken cancellationToken)
    {
        if (PathValues.Id(requestId) is not { } id)
        {
            return DeviceRegistryProblems.KeyRequestNotFound;
        }

        await using var change = await groups.BeginAsync(http.Access, cancellationToken);
        if (!change.IsGranted)
        {
            return DeviceRegistryProblems.Forbidden;
        }

        if (await KeyRequestStore.FindAsync(change, id, cancellationToken) is not { } request)
        {
            return DeviceRegistryProblems.KeyRequestNotFound;
        }

        if (request.OwnerId != http.Caller.Identity && !change.Access.IsGroupAdministrator
            && !(await DeviceStore.ListOfUserRowsAsync(change, http.Caller.Identity, cancellationToken)).Any(device => device.Status == DeviceStatus.Active))
        {
            return DeviceRegistryProblems.NoActiveDevice;
        }

        if (request.StatusAt(change.Now) != KeyRequestStatus.Pending)
        {
            return DeviceRegistryProblems.KeyRequestNotPending;
        }

        DeviceChanges.RejectRequest(change, request);
        await change.CommitAsync();
        return TypedResults.NoContent();
    }
}
