using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;

namespace DeviceRegistry.Features.Devices;

/// <summary>An administrator removes a device's row, whatever its state (contract §5.21). Its place is free; the group's key stays.</summary>
public static class DeleteDevice
{
    public static void Map(RouteGroupBuilder group) => group.MapDelete("/devices/{deviceId}", HandleAsync)
        .For(GroupRequirement.Administrator)
        .WithName(nameof(DeleteDevice))
        .WithSummary("Delete a device")
        .WithDescription("Its key requests go with it. The key of a revoked device stays refused in the group.")
        .HasParameter("deviceId", "The device's id.")
        .Answers(StatusCodes.Status204NoContent, "Deleted.")
        .Refuses(DeviceRegistryProblems.DeviceNotFound);

    internal static async Task<IResult> HandleAsync(string deviceId, HttpContext http, GroupTransactions groups, CancellationToken cancellationToken)
    {
        if (PathValues.Id(deviceId) is not { } id)
        {
            return DeviceRegistryProblems.DeviceNotFound;
        }

        await using var change = await groups.BeginAsync(http.Access, cancellationToken);
        if (!change.IsGranted)
        {
            return DeviceRegistryProblems.Forbidden;
        }

        if (await DeviceStore.FindAsync(change, id, cancellationToken) is not { } device)
        {
            return DeviceRegistryProblems.DeviceNotFound;
        }

        await DeviceChanges.RemoveAsync(change, device, hasExpired: false, cancellationToken);
        await change.CommitAsync();
        return TypedResults.NoContent();
    }
}
