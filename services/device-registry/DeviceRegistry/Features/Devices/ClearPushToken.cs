using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;

namespace DeviceRegistry.Features.Devices;

/// <summary>The owner's device is not to be woken any more (contract §5.12).</summary>
public static class ClearPushToken
{
    private const string Clear = """
        UPDATE devices SET push_token = NULL, push_token_mac = NULL, push_platform = NULL, push_reference = NULL, updated_at = $2 WHERE device_id = $1
        """;

    public static void Map(RouteGroupBuilder group) => group.MapDelete("/devices/{deviceId}/push-token", HandleAsync)
        .For(GroupRequirement.Member)
        .WithName(nameof(ClearPushToken))
        .WithSummary("Clear a device's push token")
        .HasParameter("deviceId", "The device's id.")
        .Answers(StatusCodes.Status204NoContent, "There is none now.")
        .Refuses(DeviceRegistryProblems.DeviceNotFound, DeviceRegistryProblems.DeviceNotOwned, DeviceRegistryProblems.DeviceRevoked);

    internal static async Task<IResult> HandleAsync(
        string deviceId, HttpContext http, GroupTransactions groups, CancellationToken cancellationToken)
    {
        if (PathValues.Id(deviceId) is not { } id)
        {
            return DeviceRegistryProblems.DeviceNotFound;
        }

        await using var change = await groups.BeginAsync(http.Access, cancellationToken);
        var (device, problem) = await OwnedDevice.FindAsync(change, id, cancellationToken);
        if (device is null)
        {
            return problem!;
        }

        if (device.HasPushToken)
        {
            change.Writes.Add(Clear, Sql.Value(id), Sql.Value(change.Now));
            change.Effects.DeviceUpdated(id, "pushToken");
            await change.CommitAsync();
        }

        return TypedResults.NoContent();
    }
}
