using System.Globalization;
using DeviceRegistry.Domain;
using DeviceRegistry.Http;
using ServiceDefaults.Data;
using StackExchange.Redis;

namespace DeviceRegistry.Data;

/// <summary>Takes heartbeats to Redis, those that come at once in one call.</summary>
internal sealed class HeartbeatCalls
{
    private const int Batch = 64;

    private static readonly RedisScript Script = RedisScript.Load<DeviceRegistryOptions>("append", "presence", "heartbeat");

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

    private async Task<IReadOnlyList<long>> CallAsync(IReadOnlyList<Beat> beats)
    {
        var result = await Script.RunAsync(_redis.GetDatabase(), [_keys.Online], ArgumentsOf(beats));

        // When a connection breaks, the client can complete a call twice, the second time somebody else's (1.2.6, ResultBox). That is no answer.
        return (long[]?)result is { } answers && answers.Length == beats.Count
            ? answers
            : throw new TimeoutException("Redis gave the answer to something else.");
    }

    private RedisValue[] ArgumentsOf(IReadOnlyList<Beat> beats)
    {
        var now = _clock.GetUtcNow();
        RedisValue[] common =
        [
            now.ToUnixTimeMilliseconds(), Timestamps.Text(now), _keys.Channel,
            _options.RateLimits ? PresenceStore.Limit : 0, (long)PresenceStore.LimitWindow.TotalMilliseconds,
            (long)PresenceStore.CheckedFor.TotalMilliseconds, (long)PresenceStore.WriteInterval.TotalMilliseconds, _keys.Prefix,
        ];
        var values = new RedisValue[common.Length + beats.Count];
        common.CopyTo(values, 0);
        for (var i = 0; i < beats.Count; i++)
        {
            values[common.Length + i] = TextOf(beats[i]);
        }

        return values;
    }

    // One argument, because the client works on each: the names of the keys follow from it (StreamKeys), and the script can put them together as well.
    // Nothing in it has line breaks: an identity has no control characters, and names of groups are compared whole.
    private static string TextOf(Beat beat)
    {
        var groups = beat.Caller.Groups.Count == 0 ? "" : $"\n{string.Join('\n', beat.Caller.Groups)}\n";
        return string.Create(
            CultureInfo.InvariantCulture, $"{beat.GroupId}\n{beat.DeviceId}\n{(beat.Granted is null ? "" : "1")}\n{beat.Granted}\n{beat.Caller.Identity}{groups}");
    }

    private readonly record struct Beat(Caller Caller, long GroupId, Guid DeviceId, string? Granted);
}
