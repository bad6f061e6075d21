using DeviceRegistry.Domain;
using DeviceRegistry.Http;
using StackExchange.Redis;

namespace DeviceRegistry.Data;

/// <summary>Takes heartbeats to Redis, those that come at once in one call.</summary>
internal sealed class HeartbeatCalls
{
    private const int Batch = 64;

    private const int KeysEach = 6;
    private const int ArgumentsEach = 6;

    private static readonly RedisScript Script = RedisScript.Load("append", "presence", "heartbeat");

    private readonly IConnectionMultiplexer _redis;
    private readonly StreamKeys _keys;
    private readonly DeviceRegistryOptions _options;
    private readonly TimeProvider _clock;
    private readonly SharedCalls<Beat, long> _calls;

    public HeartbeatCalls(IConnectionMultiplexer redis, StreamKeys keys, DeviceRegistryOptions options, TimeProvider clock)
    {
        (_redis, _keys, _options, _clock) = (redis, keys, options, clock);
        _calls = new SharedCalls<Beat, long>(Batch, CallAsync);
    }

    /// <summary>Records a beat: one atomic step.</summary>
    /// <returns>The script's answer.</returns>
    public Task<long> RecordAsync(Caller caller, long groupId, Guid deviceId, string? granted) => _calls.AskAsync(new Beat(caller, groupId, deviceId, granted));

    private async Task<IReadOnlyList<long>> CallAsync(IReadOnlyList<Beat> beats) => (long[])(await Script.RunAsync(_redis.GetDatabase(), KeysOf(beats), ArgumentsOf(beats)))!;

    private RedisKey[] KeysOf(IReadOnlyList<Beat> beats)
    {
        var names = new RedisKey[KeysEach * beats.Count];
        var next = 0;
        foreach (var beat in beats)
        {
            names[next++] = _keys.Device(beat.GroupId, beat.DeviceId);
            names[next++] = _keys.Beats(beat.GroupId, beat.DeviceId);
            names[next++] = _keys.Seen(beat.GroupId);
            names[next++] = _keys.Online;
            names[next++] = _keys.Stream(beat.GroupId);
            names[next++] = _keys.State(beat.GroupId);
        }

        return names;
    }

    private RedisValue[] ArgumentsOf(IReadOnlyList<Beat> beats)
    {
        var now = _clock.GetUtcNow();
        RedisValue[] common =
        [
            now.ToUnixTimeMilliseconds(), Timestamps.Text(now), _keys.Channel,
            _options.RateLimits ? PresenceStore.Limit : 0, (long)PresenceStore.LimitWindow.TotalMilliseconds,
            (long)PresenceStore.CheckedFor.TotalMilliseconds, (long)PresenceStore.WriteInterval.TotalMilliseconds,
        ];
        var values = new RedisValue[common.Length + (ArgumentsEach * beats.Count)];
        common.CopyTo(values, 0);
        var next = common.Length;
        foreach (var (caller, groupId, deviceId, granted) in beats)
        {
            values[next++] = groupId;
            values[next++] = deviceId.ToString();
            values[next++] = caller.Identity;
            values[next++] = caller.Groups.Count == 0 ? "" : $"\n{string.Join('\n', caller.Groups)}\n";
            values[next++] = granted is null ? "" : "1";
            values[next++] = granted ?? "";
        }

        return values;
    }

    private readonly record struct Beat(Caller Caller, long GroupId, Guid DeviceId, string? Granted);
}
