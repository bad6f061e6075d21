using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;
using ServiceDefaults.Data;
using ServiceDefaults.Http;

namespace DeviceRegistry.Features.Devices;

/// <summary>
/// A device says that it is there (contract §5.8). The hot path is one step in Redis; the database is asked at first, every few minutes, and
/// after whatever could change its answer.
/// </summary>
/// <remarks>
/// A handler of requests, without the filters of the other operations and what the framework does for them: of all there is this is sent most often.
/// </remarks>
internal sealed class SendHeartbeat(
    CallerAuthentication authentication, PresenceStore presence, LastSeenWriter rows, GroupDirectory groups, DeviceStore devices, TimeProvider clock)
{
    /// <param name="root">The application.</param>
    /// <param name="api">What the path begins with.</param>
    public static void Map(IEndpointRouteBuilder root, string api)
    {
        var handler = ActivatorUtilities.CreateInstance<SendHeartbeat>(root.ServiceProvider);
        RequestDelegate handle = handler.HandleAsync;
        new RouteHandlerBuilder([root.MapPost($"{api}/realm/groups/{{groupId}}/devices/{{deviceId}}/heartbeat", handle)])
            .WithMetadata(handle.Method) // the API's description takes what is a method
            .IsSecuredBy(SecuritySchemes.Bearer)
            .WithName(nameof(SendHeartbeat))
            .WithTags("Devices")
            .WithSummary("Say that a device is there")
            .WithDescription("To be sent every 30 seconds; a device that was heard of less than 90 seconds ago is online. A body is ignored.")
            .HasGroupId()
            .HasParameter("deviceId", "The device's id.")
            .Answers(StatusCodes.Status204NoContent, "Noted.")
            .Refuses(
                DeviceRegistryProblems.Unauthorized, DeviceRegistryProblems.InvalidGroupId, DeviceRegistryProblems.RateLimited, DeviceRegistryProblems.Forbidden,
                DeviceRegistryProblems.DeviceNotFound, DeviceRegistryProblems.DeviceNotOwned, DeviceRegistryProblems.DeviceRevoked);
    }

    private async Task HandleAsync(HttpContext http)
    {
        var verdict = await authentication.AuthenticateAsync(http.Request);
        if (!verdict.IsGood(out var caller))
        {
            RefusalReason.Tell(http, verdict.Fault!);
            await DeviceRegistryProblems.Unauthorized.ExecuteAsync(http);
        }
        else if (await BeatAsync(http, caller) is { } refusal)
        {
            await refusal.ExecuteAsync(http);
        }
        else
        {
            http.Response.StatusCode = StatusCodes.Status204NoContent;
        }
    }

    private async Task<IResult?> BeatAsync(HttpContext http, Caller caller)
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
                (outcome, wait) = await presence.BeatAsync(caller, groupId, known, granted: null);
            }
            catch (Exception exception) when (RedisFailure.Is(exception))
            {
                isRedisThere = false;
            }
        }

        if (outcome == BeatOutcome.Ask)
        {
            var access = await groups.FindAsync(groupId, caller, GroupRequirement.Member, http.RequestAborted);
            if (access is not { IsGranted: true })
            {
                return DeviceRegistryProblems.Forbidden;
            }

            if (deviceId is not { } id || await devices.FindAsync(groupId, id, http.RequestAborted) is not { } device)
            {
                return DeviceRegistryProblems.DeviceNotFound;
            }

            if (device.UserId != caller.Identity)
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
                    (outcome, wait) = await presence.BeatAsync(caller, groupId, id, granted: access.Row is null ? access.Group.Name : "");
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

        return null;
    }
}
