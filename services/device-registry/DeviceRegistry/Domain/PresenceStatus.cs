namespace DeviceRegistry.Domain;

/// <summary>Whether a device is there (contract §5.4).</summary>
public static class PresenceStatus
{
    public const string Online = "online";
    public const string Reachable = "reachable";
    public const string Offline = "offline";

    /// <summary>A device that gave a sign of life less than this ago is online.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(90);

    /// <summary>Whether a sign of life is still good.</summary>
    public static bool IsOnline(DateTimeOffset? lastSeenAt, DateTimeOffset now) => lastSeenAt is { } seen && now - seen < Window;

    /// <summary>The status at a moment: online, else reachable by push, else offline.</summary>
    public static string At(DateTimeOffset now, DateTimeOffset? lastSeenAt, bool hasPushToken)
        => IsOnline(lastSeenAt, now) ? Online : WhenNotOnline(hasPushToken);

    /// <summary>The status of a device that is not online.</summary>
    public static string WhenNotOnline(bool hasPushToken) => hasPushToken ? Reachable : Offline;
}
