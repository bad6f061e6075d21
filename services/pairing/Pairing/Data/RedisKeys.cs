using System.Globalization;
using StackExchange.Redis;

namespace Pairing.Data;

/// <summary>The names of this service's keys in Redis.</summary>
internal sealed class RedisKeys
{
    private readonly string _prefix;

    public RedisKeys(PairingOptions options)
    {
        _prefix = options.RedisNamespace.Length == 0 ? "pairing:" : $"pairing:{options.RedisNamespace}:";
        StatePrefix = $"{_prefix}state:";
        Due = $"{_prefix}due";
    }

    /// <summary>What comes before the jti in <see cref="State"/>, for scripts that read further pairings.</summary>
    public string StatePrefix { get; }

    /// <summary>Sorted set of the unfinished pairings by the time at which something is due, in ms.</summary>
    public RedisKey Due { get; }

    /// <summary>Hash: a pairing's state.</summary>
    public RedisKey State(Guid jti) => string.Create(CultureInfo.InvariantCulture, $"{StatePrefix}{jti}");

    /// <summary>Set: a user's unfinished pairings.</summary>
    public RedisKey User(Guid tenantId, Guid userId) => string.Create(CultureInfo.InvariantCulture, $"{_prefix}user:{tenantId}:{userId}");

    /// <summary>List: when a pairing's operation was used last.</summary>
    public RedisKey PairingLimit(string operation, Guid jti) => string.Create(CultureInfo.InvariantCulture, $"{_prefix}limit:{operation}:{jti}");

    /// <summary>List: when an address was served last.</summary>
    public RedisKey AddressLimit(string address) => $"{_prefix}limit:address:{address}";
}
