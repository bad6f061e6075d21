using StackExchange.Redis;

namespace DeviceRegistry.Data;

/// <summary>The names of this service's keys in Redis. Every key has a time to live.</summary>
internal sealed class RedisKeys(DeviceRegistryOptions options)
{
    private readonly string _prefix = options.RedisNamespace.Length == 0 ? "device-registry:" : $"device-registry:{options.RedisNamespace}:";

    /// <summary>A key of this service.</summary>
    public RedisKey Of(string name) => _prefix + name;
}
