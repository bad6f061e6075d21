namespace DeviceRegistry.Http;

/// <summary>A group's places for devices (contract §4).</summary>
/// <param name="Current">Pending and active devices.</param>
/// <param name="Max">How many there may be.</param>
/// <param name="LimitReached">Whether there is no place left.</param>
public sealed record DeviceLimitResponse(int Current, int Max, bool LimitReached)
{
    internal static DeviceLimitResponse Of(int current, int max) => new(current, max, current >= max);
}
