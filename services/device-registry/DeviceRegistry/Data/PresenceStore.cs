using System.Globalization;
using System.Runtime.InteropServices;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;
using ServiceDefaults.Data;
using StackExchange.Redis;

namespace DeviceRegistry.Data;

/// <summary>What became of a beat.</summary>
internal enum BeatOutcome
{
    /// <summary>Recorded.</summary>
    Recorded,

    /// <summary>Recorded, and its time is to be written to the device's row.</summary>
    RecordedAndDue,

    /// <summary>Nothing is recorded: whether the caller may is not known, or not any more. Look into the database.</summary>
    Ask,

    /// <summary>Nothing is recorded: too many beats.</summary>
    TooMany,
}

/// <summary>
/// When devices were last heard of, in Redis (contract §5.4, §5.8). Losing it loses presence and nothing else. Its times are values by the
/// service's clock, so that the window of 90 s does not depend on when Redis tidies up.
/// </summary>
internal sealed class PresenceStore(IConnectionMultiplexer redis, StreamKeys keys, HeartbeatCalls beats, TimeProvider clock) : ILastSeenReader
{
    /// <summary>Beats of a device in <see cref="LimitWindow"/>.</summary>
    public const int Limit = 60;

    /// <summary>See <see cref="Limit"/>.</summary>
    public static readonly TimeSpan LimitWindow = TimeSpan.FromMinutes(1);

    /// <summary>The shortest time between two writes of a device's time to its row.</summary>
    public static readonly TimeSpan WriteInterval = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long an answer of the database is good for further beats. Whatever changes it says so (<see cref="ForgetAsync"/>); the limit is
    /// for an instance that dies between its commit and saying so.
    /// </summary>
    public static readonly TimeSpan CheckedFor = TimeSpan.FromMinutes(5);

    /// <summary>How long after a change every beat asks the database: longer than a request can hold an answer from before it.</summary>
    private static readonly TimeSpan AskFor = TimeSpan.FromMinutes(1);

    private static readonly RedisScript Touch = RedisScript.Load<DeviceRegistryOptions>("append", "presence", "touch");
    private static readonly RedisScript Offline = RedisScript.Load<DeviceRegistryOptions>("append", "go_offline");
    private static readonly RedisScript Forget = RedisScript.Load<DeviceRegistryOptions>("forget_device");
    private static readonly RedisScript ForgetClaims = RedisScript.Load<DeviceRegistryOptions>("forget_claims");

    /// <summary>Records a beat, if the caller may and it is not one too many: one atomic step.</summary>
    /// <param name="granted">
    /// Given when the database has just said that the caller may: the name of the group by which his token makes him a member, or
    /// nothing when a row does.
    /// </param>
    /// <returns>What became of it, and how long to wait after too many.</returns>
    public async Task<(BeatOutcome Outcome, TimeSpan Wait)> BeatAsync(Caller caller, long groupId, Guid deviceId, string? granted)
    {
        return await beats.RecordAsync(caller, groupId, deviceId, granted) switch
        {
            0 => (BeatOutcome.Recorded, default),
            1 => (BeatOutcome.RecordedAndDue, default),
            -1 => (BeatOutcome.Ask, default),
            var tooMany => (BeatOutcome.TooMany, TimeSpan.FromMilliseconds(-2 - tooMany)),
        };
    }

    /// <summary>A device has an open stream. Nothing happens when it was revoked or removed a moment ago.</summary>
    public Task TouchAsync(long groupId, Guid deviceId)
    {
        var now = clock.GetUtcNow();
        return Touch.RunAsync(
            redis.GetDatabase(),
            [keys.Seen(groupId), keys.Online, keys.Stream(groupId), keys.State(groupId), keys.Device(groupId, deviceId)],
            [now.ToUnixTimeMilliseconds(), Timestamps.Text(now), keys.Channel, groupId, deviceId.ToString()]);
    }

    /// <summary>
    /// A device was revoked or removed: drops its presence and what is known of who may beat for it. To be
    /// called after the commit and before the answer; the group's events say it once more.
    /// </summary>
    /// <returns>Whether Redis was there to hear it. If not, it has nothing to say about beats either, and hears it with the group's events.</returns>
    public Task<bool> ForgetAsync(long groupId, Guid deviceId)
        => TryAsync(() => Forget.RunAsync(
            redis.GetDatabase(),
            [keys.Device(groupId, deviceId), keys.Seen(groupId), keys.Online],
            [clock.GetUtcNow().ToUnixTimeMilliseconds(), groupId, deviceId.ToString(), (long)AskFor.TotalMilliseconds]));

    /// <summary>
    /// A group has another name: whoever may beat as a member by a name is asked about again, also when an instance writes down in the next moment what
    /// it read before. To be called as <see cref="ForgetAsync"/> is.
    /// </summary>
    /// <returns>Whether Redis was there to hear it.</returns>
    public Task<bool> ForgetClaimsAsync(long groupId)
        => TryAsync(() => ForgetClaims.RunAsync(
            redis.GetDatabase(),
            [keys.State(groupId)],
            [(clock.GetUtcNow() + AskFor).ToUnixTimeMilliseconds(), (long)(AskFor + CheckedFor).TotalMilliseconds]));

    private static async Task<bool> TryAsync(Func<Task> step)
    {
        try
        {
            await step();
            return true;
        }
        catch (Exception exception) when (RedisFailure.Is(exception))
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyDictionary<Guid, DateTimeOffset>> ReadAsync(
        long groupId, IReadOnlyCollection<Guid> deviceIds, CancellationToken cancellationToken)
    {
        var times = new Dictionary<Guid, DateTimeOffset>();
        if (deviceIds.Count == 0)
        {
            return times;
        }

        try
        {
            var values = await redis.GetDatabase()
                .HashGetAsync(keys.Seen(groupId), [.. deviceIds.Select(id => (RedisValue)id.ToString())])
                .WaitAsync(RedisScript.Timeout, cancellationToken);
            foreach (var (id, value) in deviceIds.Zip(values))
            {
                if (value.HasValue)
                {
                    times[id] = DateTimeOffset.FromUnixTimeMilliseconds((long)value);
                }
            }
        }
        catch (Exception exception) when (RedisFailure.Is(exception))
        {
            // Presence is lost, the rest of the answer is not.
        }

        return times;
    }

    /// <summary>Devices whose window is over and whose groups were not told yet.</summary>
    public async Task<IReadOnlyList<LateDevice>> ReadLateAsync(int limit)
    {
        var before = (clock.GetUtcNow() - PresenceStatus.Window).ToUnixTimeMilliseconds();
        var members = await redis.GetDatabase().SortedSetRangeByScoreWithScoresAsync(keys.Online, stop: before, take: limit).WaitAsync(RedisScript.Timeout);
        return [.. members.Select(LateDevice.Parse)];
    }

    /// <summary>Tells a device's group that it is not online any more, unless it was heard of again in the meantime.</summary>
    public Task GoOfflineAsync(LateDevice device, bool hasPushToken)
    {
        var now = clock.GetUtcNow();
        var data = $$"""{"groupId":{{device.GroupId}},"deviceId":"{{device.DeviceId}}","status":"{{PresenceStatus.WhenNotOnline(hasPushToken)}}","lastSeenAt":"{{Timestamps.Text(device.LastSeenAt)}}","at":"{{Timestamps.Text(now)}}"}""";
        return Offline.RunAsync(
            redis.GetDatabase(),
            [keys.Online, keys.Stream(device.GroupId), keys.State(device.GroupId)],
            [now.ToUnixTimeMilliseconds(), keys.Channel, device.GroupId, device.DeviceId.ToString(), device.LastSeenAt.ToUnixTimeMilliseconds(), data]);
    }
}

/// <summary>A device that was online and was not heard of for the whole window.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct LateDevice(long GroupId, Guid DeviceId, DateTimeOffset LastSeenAt)
{
    public static LateDevice Parse(SortedSetEntry entry)
    {
        string member = entry.Element!;
        var colon = member.IndexOf(':', StringComparison.Ordinal);
        return new LateDevice(
            long.Parse(member.AsSpan(0, colon), CultureInfo.InvariantCulture),
            Guid.ParseExact(member.AsSpan(colon + 1), "D"),
            DateTimeOffset.FromUnixTimeMilliseconds((long)entry.Score));
    }
}
