using System.Buffers;
using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;
using DeviceRegistry.Streams;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using ServiceDefaults.Data;

namespace DeviceRegistry.Features.Devices;

/// <summary>A group's events as they happen (contract §6; WHATWG HTML §9.2).</summary>
public static class StreamDeviceEvents
{
    public static void Map(RouteGroupBuilder group) => group.MapGet("/devices/events", HandleAsync)
        .For(GroupRequirement.MemberOrGlobalAdministrator)
        .WithName(nameof(StreamDeviceEvents))
        .WithSummary("Follow what happens in a group")
        .WithDescription("Server-sent events; the name is repeated in the data: `{\"event\",\"data\"}`. First `connected`; a comment every 15 seconds. "
            + "With `Last-Event-ID` what came after that event is repeated, from the last 1000 events and 15 minutes; what lies further back is answered by one "
            + "`resync`: read the state again. The service ends a stream with `stream_closed` and its reason: the end of the token, of its session, of the membership, "
            + "of the device, a reader that is more than 256 events behind, or its own stop. At most 10 streams per caller and group.")
        .HasQuery("deviceId", "One of the caller's devices: the stream then counts as its heartbeat and carries what is for it alone.")
        .HasQuery("lastEventId", "The same as the header `Last-Event-ID`, for clients that cannot send it.")
        .HasHeader("Last-Event-ID", "The last `id` that the client has seen.")
        .Answers<object>(StatusCodes.Status200OK, "The events.", "text/event-stream")
        .Refuses(
            DeviceRegistryProblems.RateLimited, DeviceRegistryProblems.DeviceNotFound, DeviceRegistryProblems.DeviceNotOwned,
            DeviceRegistryProblems.DeviceRevoked);

    internal static async Task<IResult> HandleAsync(
        HttpContext http,
        StreamHub hub,
        StreamPlaces places,
        EventBuffer buffer,
        PresenceStore presence,
        GroupDirectory groups,
        DeviceStore devices,
        RevokedSessions revoked,
        StreamMetrics metrics,
        TimeProvider clock,
        CancellationToken cancellationToken)
    {
        // 1. Is there a place? Before anything that is named is looked for (contract §1.4).
        var (access, streamId) = (http.Access, Guid.NewGuid());
        if (!await places.TryTakeAsync(access, streamId))
        {
            return DeviceRegistryProblems.RateLimited;
        }

        try
        {
            // 2. For one of the caller's devices?
            var (device, refusal) = await FindDeviceAsync(http, devices, cancellationToken);
            if (refusal is not null)
            {
                return refusal;
            }

            var stream = new EventStream(new StreamOwner(access, device?.Id), streamId, clock.GetUtcNow(), http.Abort);
            var feed = hub.Open(stream);
            try
            {
                await feed.Looked.WaitAsync(cancellationToken);

                // 3. From here on nothing is missed. What happened before is looked at once more, so that nothing falls in between.
                var now = await LookAgainAsync(stream, access, groups, devices, revoked, clock, cancellationToken);
                return RefusalOf(stream.EndReason) ?? await RunAsync(stream, feed, now.KeyVersion, http, buffer, presence, clock, cancellationToken);
            }
            finally
            {
                hub.Close(stream);
                metrics.StreamEnded(stream.EndReason ?? "client_gone");
            }
        }
        catch (Exception exception) when (cancellationToken.IsCancellationRequested && exception is OperationCanceledException or IOException)
        {
            // The client is gone.
            return Results.Empty;
        }
        finally
        {
            await places.LeaveAsync(access, streamId);
        }
    }

    // A right that is gone before the stream has begun is refused as it would have been a moment later.
    private static Problem? RefusalOf(string? endReason) => endReason switch
    {
        StreamEnd.SessionRevoked or StreamEnd.TokenExpired => DeviceRegistryProblems.Unauthorized,
        StreamEnd.MembershipRemoved => DeviceRegistryProblems.Forbidden,
        StreamEnd.DeviceRemoved => DeviceRegistryProblems.DeviceNotFound,
        StreamEnd.DeviceRevoked => DeviceRegistryProblems.DeviceRevoked,
        _ => null,
    };

    private static async Task<IResult> RunAsync(
        EventStream stream, GroupFeed feed, long keyVersion, HttpContext http, EventBuffer buffer, PresenceStore presence, TimeProvider clock,
        CancellationToken cancellationToken)
    {
        var owner = stream.Owner;
        if (owner.DeviceId is { } device && stream.EndReason is null)
        {
            await TouchAsync(presence, owner.GroupId, device);
        }

        Begin(http);
        var body = http.Response.BodyWriter;
        body.Write(EventFrame.Connected(owner.GroupId, owner.DeviceId, keyVersion, clock.GetUtcNow()).BytesFor(owner.DeviceId));
        var after = await ReplayAsync(http, body, feed, owner, buffer, clock);
        await body.FlushAsync(cancellationToken);

        // 4. Live.
        await stream.RunAsync(body, after, clock, cancellationToken);
        return Results.Empty;
    }

    private static async Task<(Device? Device, IResult? Refusal)> FindDeviceAsync(HttpContext http, DeviceStore devices, CancellationToken cancellationToken)
    {
        if (!http.Request.Query.TryGetValue("deviceId", out var text))
        {
            return default;
        }

        if (PathValues.Id(text.ToString()) is not { } id || await devices.FindAsync(http.Access.Group.Id, id, cancellationToken) is not { } device)
        {
            return (null, DeviceRegistryProblems.DeviceNotFound);
        }

        return device.UserId != http.Caller.Identity ? (null, DeviceRegistryProblems.DeviceNotOwned)
            : device.Status == DeviceStatus.Revoked ? (null, DeviceRegistryProblems.DeviceRevoked)
            : (device, null);
    }

    private static async Task<Group> LookAgainAsync(
        EventStream stream,
        GroupAccess before,
        GroupDirectory groups,
        DeviceStore devices,
        RevokedSessions revoked,
        TimeProvider clock,
        CancellationToken cancellationToken)
    {
        var owner = stream.Owner;
        if (revoked.Contains(owner.SessionId))
        {
            stream.End(StreamEnd.SessionRevoked, clock.GetUtcNow());
        }

        var access = await groups.FindAsync(owner.GroupId, before.Caller, before.Requirement, cancellationToken);
        if (access is not { IsGranted: true })
        {
            stream.End(StreamEnd.MembershipRemoved, clock.GetUtcNow());
        }
        else if (owner.DeviceId is { } id)
        {
            switch (await devices.FindAsync(owner.GroupId, id, cancellationToken))
            {
                case null:
                    stream.End(StreamEnd.DeviceRemoved, clock.GetUtcNow());
                    break;
                case { Status: DeviceStatus.Revoked }:
                    stream.End(StreamEnd.DeviceRevoked, clock.GetUtcNow());
                    break;
                default:
                    break;
            }
        }

        return access?.Group ?? before.Group;
    }

    private static async Task TouchAsync(PresenceStore presence, long groupId, Guid deviceId)
    {
        try
        {
            await presence.TouchAsync(groupId, deviceId);
        }
        catch (Exception exception) when (RedisFailure.Is(exception))
        {
            // Presence is lost, the stream is not.
        }
    }

    private static void Begin(HttpContext http)
    {
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-cache, no-transform";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        // How far a reader may be behind is counted in events.
        http.Features.Get<IHttpMinResponseDataRateFeature>()?.MinDataRate = null;
    }

    // What came after the last event that the client has seen, or one word that it cannot be told.
    private static async Task<GroupEventId?> ReplayAsync(
        HttpContext http, IBufferWriter<byte> body, GroupFeed feed, StreamOwner owner, EventBuffer buffer, TimeProvider clock)
    {
        if (LastEventId(http.Request) is not { } text)
        {
            return null;
        }

        var isId = GroupEventId.TryParse(text, out var last);
        try
        {
            var read = await buffer.ReadAsync(owner.GroupId, isId ? last : null, EventBuffer.Kept);
            if (!isId || !read.IsComplete)
            {
                body.Write(EventFrame.Resync(owner.GroupId, read.Newest, clock.GetUtcNow()).BytesFor(owner.DeviceId));
                return read.Newest;
            }

            foreach (var one in read.Events)
            {
                if (one.Frame is { } frame && frame.IsFor(owner.DeviceId))
                {
                    body.Write(frame.BytesFor(owner.DeviceId));
                }
            }

            return read.Events.Count > 0 ? read.Events[^1].Id : last;
        }
        catch (Exception exception) when (RedisFailure.Is(exception))
        {
            // A feed that has not found its place yet tells its streams itself, when it does.
            if (feed.Position is not { } position)
            {
                return null;
            }

            body.Write(EventFrame.Resync(owner.GroupId, position, clock.GetUtcNow()).BytesFor(owner.DeviceId));
            return position;
        }
    }

    private static string? LastEventId(HttpRequest request)
        => request.Headers.TryGetValue("Last-Event-ID", out var header) && header.ToString() is { Length: > 0 } inHeader ? inHeader
            : request.Query.TryGetValue("lastEventId", out var query) && query.ToString() is { Length: > 0 } inQuery ? inQuery
            : null;
}
