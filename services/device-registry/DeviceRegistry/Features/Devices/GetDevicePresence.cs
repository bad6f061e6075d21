using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;

namespace DeviceRegistry.Features.Devices;

/// <summary>Who is there (contract §5.4): every device that is not revoked, by its last sign of life and whether it can be pushed to.</summary>
public static class GetDevicePresence
{
    public static void Map(RouteGroupBuilder group) => group.MapGet("/devices/presence", HandleAsync)
        .For(GroupRequirement.MemberOrGlobalAdministrator)
        .WithName(nameof(GetDevicePresence))
        .WithSummary("See who is there")
        .WithDescription("A device is `online` when it was heard of less than 90 seconds ago, else `reachable` when it has a push token, else `offline`. "
            + "The member `reachable` is true for the first two. Revoked devices are left out.")
        .Answers<GroupPresenceResponse>(StatusCodes.Status200OK, "The devices, oldest first, and how many there are of each status.");

    internal static async Task<IResult> HandleAsync(HttpContext http, DeviceStore devices, TimeProvider clock, CancellationToken cancellationToken)
    {
        var group = http.Access.Group;
        var all = await devices.ListAsync(group.Id, status: null, cancellationToken);
        var now = clock.GetUtcNow();
        var present = all.Where(device => device.Status != DeviceStatus.Revoked).Select(device => DevicePresenceResponse.Of(device, now)).ToList();
        return TypedResults.Ok(new GroupPresenceResponse
        {
            GroupId = group.Id,
            Count = present.Count,
            Max = group.MaxDevices,
            OnlineCount = present.Count(device => device.Status == PresenceStatus.Online),
            ReachableCount = present.Count(device => device.Status == PresenceStatus.Reachable),
            OfflineCount = present.Count(device => device.Status == PresenceStatus.Offline),
            Devices = present,
        });
    }
}

/// <summary>Who of a group is there (contract §4).</summary>
public sealed record GroupPresenceResponse
{
    public required long GroupId { get; init; }

    /// <summary>How many devices are listed: the sum of the three counts.</summary>
    public required int Count { get; init; }

    /// <summary>How many devices the group may have.</summary>
    public required int Max { get; init; }

    public required int OnlineCount { get; init; }

    /// <summary>Devices whose status is <c>reachable</c>; those that are online are not among them.</summary>
    public required int ReachableCount { get; init; }

    public required int OfflineCount { get; init; }

    public required IReadOnlyList<DevicePresenceResponse> Devices { get; init; }
}

/// <summary>Whether a device is there.</summary>
public sealed record DevicePresenceResponse
{
    public required Guid DeviceId { get; init; }

    /// <summary>Its owner's identity.</summary>
    public required string UserId { get; init; }

    public required string DeviceName { get; init; }

    public required string DeviceType { get; init; }

    /// <summary>Heard of less than 90 seconds ago.</summary>
    public required bool Online { get; init; }

    /// <summary>Online, or has a push token.</summary>
    public required bool Reachable { get; init; }

    public required bool HasPushToken { get; init; }

    /// <summary><c>ios</c> or <c>android</c>; only with a push token.</summary>
    public string? PushPlatform { get; init; }

    /// <summary><c>online</c>, <c>reachable</c> or <c>offline</c>.</summary>
    public required string Status { get; init; }

    /// <summary>When it was heard of last; missing until then.</summary>
    public DateTimeOffset? LastSeenAt { get; init; }

    internal static DevicePresenceResponse Of(Device device, DateTimeOffset now)
    {
        var isOnline = PresenceStatus.IsOnline(device.LastSeenAt, now);
        return new DevicePresenceResponse
        {
            DeviceId = device.Id,
            UserId = device.UserId,
            DeviceName = device.Name,
            DeviceType = device.Type,
            Online = isOnline,
            Reachable = isOnline || device.HasPushToken,
            HasPushToken = device.HasPushToken,
            PushPlatform = device.HasPushToken ? device.PushPlatform : null,
            Status = PresenceStatus.At(now, device.LastSeenAt, device.HasPushToken),
            LastSeenAt = device.LastSeenAt,
        };
    }
}
