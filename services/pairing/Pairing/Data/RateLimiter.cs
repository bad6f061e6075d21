using ServiceDefaults.Data;
using StackExchange.Redis;

namespace Pairing.Data;

/// <summary>
/// The limits of contract §5.3, exact over any minute and shared by all instances: 10 inits and 10 completes per pairing, 60 calls
/// of either kind per client address. Without Redis there is no limit to check, so the request is refused (503).
/// </summary>
internal sealed class RateLimiter(IConnectionMultiplexer redis, RedisKeys names, TimeProvider clock)
{
    public const int PerPairing = 10;
    public const int PerAddress = 60;
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private static readonly RedisScript Script = RedisScript.Load<PairingOptions>("rate_limit");

    /// <summary>Counts an attempt.</summary>
    /// <param name="operation"><c>init</c> or <c>complete</c>.</param>
    /// <param name="address">The client's address; its limit is left out when it is not known.</param>
    /// <returns>How long to wait when the limit is reached; then nothing was counted. Else <see langword="null"/>.</returns>
    public async Task<TimeSpan?> CountAsync(string operation, Guid jti, string? address)
    {
        var pairing = names.PairingLimit(operation, jti);
        RedisKey[] keys = address is null ? [pairing] : [pairing, names.AddressLimit(address)];
        RedisValue[] arguments =
            [clock.GetUtcNow().ToUnixTimeMilliseconds(), (long)Window.TotalMilliseconds, PerPairing, PerAddress];

        var wait = (long)await Script.RunAsync(redis.GetDatabase(), keys, arguments);
        return wait > 0 ? TimeSpan.FromMilliseconds(wait) : null;
    }
}
