using Npgsql;
using StackExchange.Redis;

namespace IdentityAuth.Data;

/// <summary>Tells what failed because a store or a provider did from what somebody has got wrong.</summary>
internal static class Outage
{
    /// <summary>Not so for a request that its client gave up: whoever leaves takes nothing back.</summary>
    public static bool Is(Exception exception) => exception is NpgsqlException or RedisException or TimeoutException or HttpRequestException;
}
