using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;

namespace DeviceRegistry.Features.Devices;

/// <summary>
/// A device says that it is there (contract §5.8). The hot path is one step in Redis; the database is asked at first, every few minutes, and
/// after whatever could change its answer.
/// </summary>
public static class SendHeartbeat
{
    /// <param name="api">Callers are known there; what they are to the group is looked up here, or known from the last time.</param>
    public static void Map(RouteGroupBuilder api) => api.MapPost("/realm/groups/{groupId}/devices/{deviceId}/heartbeat", HandleAsync)
        .WithName(nameof(SendHeartbeat))
        .WithTags("Devices")
        .WithSummary("Say that a device is there")
        .WithDescription("To be sent every 30 seconds; a device that was heard of less than 90 seconds ago is online. A body is ignored.")
        .HasGroupId()
        .HasParameter("deviceId", "The device's id.")
        .Answers(StatusCodes.Status204NoContent, "Noted.")
        .Refuses(
            DeviceRegistryProblems.InvalidGroupId, DeviceRegistryProblems.RateLimited, DeviceRegistryProblems.Forbidden,
            DeviceRegistryProblems.DeviceNotFound, DeviceRegistryProblems.DeviceNotOwned, DeviceRegistryProblems.DeviceRevoked);

    internal static async Task<IResult> HandleAsync(
        HttpContext http, PresenceStore presence, LastSeenWriter rows, GroupDirectory groups, DeviceStore devices, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (!PathValues.TryReadGroupId(http, out var groupId))
        {
            return DeviceRegistryProblems.InvalidGroupId;
        }

        var deviceId = PathValues.Id(http.Request.RouteValues["deviceId"] as string);
        var isRedisThere = true;
        var (outcome, wait) = (BeatOutcome.Ask, TimeSpan.Zero);
        if (deviceId is { } known)
        {
            try
            {
                (outcome, wait) = await presence.BeatAsync(http.Caller, groupId, known, granted: null);
            }
            catch (Exception exception) when (RedisFailure.Is(exception))
            {
                isRedisThere = false;
            }
        }

        if (outcome == BeatOutcome.Ask)
        {
            var access = await groups.FindAsync(groupId, http.Caller, GroupRequirement.Member, cancellationToken);
            if (access is not { IsGranted: true })
            {
                return DeviceRegistryProblems.Forbidden;
            }

            if (deviceId is not { } id || await devices.FindAsync(groupId, id, cancellationToken) is not { } device)
            {
                return DeviceRegistryProblems.DeviceNotFound;
            }

            if (device.UserId != http.Caller.Identity)
            {
                return DeviceRegistryProblems.DeviceNotOwned;
            }

            if (device.Status == DeviceStatus.Revoked)
            {
                return DeviceRegistryProblems.DeviceRevoked;
            }

            // Without Redis the row is all there is, and it is written no more often than otherwise.
            outcome = BeatOutcome.RecordedAndDue;
            if (isRedisThere)
            {
                try
                {
                    (outcome, wait) = await presence.BeatAsync(http.Caller, groupId, id, granted: access.Row is null ? access.Group.Name : "");
                }
                catch (Exception exception) when (RedisFailure.Is(exception))
                {
                    // Gone in this moment.
                }
            }
        }

        switch (outcome)
        {
            case BeatOutcome.TooMany:
                return DeviceRegistryProblems.RateLimited.RetryAfter(wait);
            case BeatOutcome.RecordedAndDue:
                rows.Add(deviceId!.Value, clock.Now);
                break;
            default:
                break;
        }

        return TypedResults.NoContent();
    }
}
