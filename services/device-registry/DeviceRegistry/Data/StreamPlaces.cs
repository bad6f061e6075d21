using System.Collections.Concurrent;
using DeviceRegistry.Domain;
using ServiceDefaults.Data;
using StackExchange.Redis;

namespace DeviceRegistry.Data;

/// <summary>
/// At most ten streams per identity and group (contract §6), over all instances. Places are held for a while and kept by renewing them, so
/// that an instance that dies does not take them with it. While Redis is away each instance counts its own.
/// </summary>
internal sealed class StreamPlaces(IConnectionMultiplexer redis, StreamKeys keys, TimeProvider clock)
{
    /// <summary>Streams of one identity in one group.</summary>
    public const int Limit = 10;

    /// <summary>How long a place is held without being renewed.</summary>
    public static readonly TimeSpan HeldFor = TimeSpan.FromSeconds(60);

    private static readonly RedisScript Hold = RedisScript.Load<DeviceRegistryOptions>("hold_place");

    private readonly ConcurrentDictionary<(long, string), int> _here = new();

    /// <summary>Takes a place for a stream.</summary>
    public async Task<bool> TryTakeAsync(GroupAccess caller, Guid streamId)
    {
        var key = (caller.Group.Id, caller.Caller.Identity);
        if (_here.AddOrUpdate(key, 1, static (_, count) => count + 1) > Limit)
        {
            Leave(key);
            return false;
        }

        try
        {
            if (await HoldAsync(caller, streamId))
            {
                return true;
            }
        }
        catch (Exception exception) when (RedisFailure.Is(exception))
        {
            return true;
        }
        catch
        {
            Leave(key);
            throw;
        }

        Leave(key);
        return false;
    }

    /// <summary>Keeps a place.</summary>
    public Task RenewAsync(GroupAccess caller, Guid streamId) => HoldAsync(caller, streamId);

    /// <summary>Gives a place back.</summary>
    public async Task LeaveAsync(GroupAccess caller, Guid streamId)
    {
        Leave((caller.Group.Id, caller.Caller.Identity));
        await ReleaseAsync(caller, streamId);
    }

    /// <summary>Gives a place back that was given back before, and taken again by a renewal that was under way.</summary>
    public async Task ReleaseAsync(GroupAccess caller, Guid streamId)
    {
        try
        {
            await redis.GetDatabase().SortedSetRemoveAsync(keys.Places(caller.Group.Id, caller.Caller.Identity), streamId.ToString()).WaitAsync(RedisScript.Timeout);
        }
        catch (Exception exception) when (RedisFailure.Is(exception))
        {
            // It is free when its time is over.
        }
    }

    private async Task<bool> HoldAsync(GroupAccess caller, Guid streamId)
    {
        var now = clock.GetUtcNow();
        return (int)await Hold.RunAsync(
            redis.GetDatabase(),
            [keys.Places(caller.Group.Id, caller.Caller.Identity)],
            [
                now.ToUnixTimeMilliseconds(), streamId.ToString(), (now + HeldFor).ToUnixTimeMilliseconds(), Limit,
                (long)(2 * HeldFor).TotalMilliseconds,
            ]) == 1;
    }

    private void Leave((long, string) key)
    {
        while (_here.TryGetValue(key, out var count))
        {
            if (count > 1 ? _here.TryUpdate(key, count - 1, count) : _here.TryRemove(new(key, count)))
            {
                return;
            }
        }
    }
}
