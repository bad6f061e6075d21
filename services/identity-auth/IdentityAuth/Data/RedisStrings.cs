using ServiceDefaults.Data;
using StackExchange.Redis;

namespace IdentityAuth.Data;

internal static class RedisStrings
{
    private static readonly RedisScript Take = RedisScript.Load<IdentityAuthOptions>("take");

    /// <summary>Reads a string and deletes it, in one atomic step: of parallel calls one gets it.</summary>
    public static async Task<RedisValue> TakeStringAsync(this IDatabase redis, RedisKey key)
        => (RedisValue)await Take.RunAsync(redis, [key]);
}
