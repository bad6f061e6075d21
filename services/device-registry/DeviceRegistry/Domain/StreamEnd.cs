namespace DeviceRegistry.Domain;

/// <summary>Why the service ends a stream: <c>reason</c> of the event <c>stream_closed</c> (contract §6, resolutions).</summary>
public static class StreamEnd
{
    public const string TokenExpired = "token_expired";
    public const string SessionRevoked = "session_revoked";
    public const string MembershipRemoved = "membership_removed";
    public const string DeviceRevoked = "device_revoked";
    public const string DeviceRemoved = "device_removed";
    public const string Shutdown = "shutdown";
    public const string SlowConsumer = "slow_consumer";
}
