using System.Globalization;
using StackExchange.Redis;

namespace DeviceRegistry.Data;

/// <summary>The names under which presence and event streams are kept in Redis. All begin with the service's name and end by themselves.</summary>
internal sealed class StreamKeys(RedisKeys keys)
{
    /// <summary>What all names begin with, for a script that puts them together by itself.</summary>
    public string Prefix { get; } = keys.Of("")!;

    /// <summary>Sorted set: devices that are online, <c>group:device</c>, by the last sign of life in ms.</summary>
    public RedisKey Online { get; } = keys.Of("online");

    /// <summary>Channel on which a group's number is published when its stream has something new.</summary>
    public string Channel { get; } = keys.Of("events")!;

    /// <summary>Stream: a group's events.</summary>
    public RedisKey Stream(long groupId) => keys.Of(string.Create(CultureInfo.InvariantCulture, $"stream:{groupId}"));

    /// <summary>Hash: the newest id of a group's events, the number of the last change that is among them, and when the group was renamed.</summary>
    public RedisKey State(long groupId) => keys.Of(string.Create(CultureInfo.InvariantCulture, $"state:{groupId}"));

    /// <summary>Hash: the last sign of life of a group's devices, in ms.</summary>
    public RedisKey Seen(long groupId) => keys.Of(string.Create(CultureInfo.InvariantCulture, $"seen:{groupId}"));

    /// <summary>Hash: who may beat for a device, and since when the database need not be asked.</summary>
    public RedisKey Device(long groupId, Guid deviceId) => keys.Of(string.Create(CultureInfo.InvariantCulture, $"device:{groupId}:{deviceId}"));

    /// <summary>List: the times of a device's last beats, in ms.</summary>
    public RedisKey Beats(long groupId, Guid deviceId) => keys.Of(string.Create(CultureInfo.InvariantCulture, $"beats:{groupId}:{deviceId}"));

    /// <summary>Sorted set: the streams that a caller has open in a group, by the time until which each is held, in ms.</summary>
    public RedisKey Places(long groupId, string identity) => keys.Of(string.Create(CultureInfo.InvariantCulture, $"places:{groupId}:{identity}"));
}
