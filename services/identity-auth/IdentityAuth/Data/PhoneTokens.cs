using IdentityAuth.Domain;
using ServiceDefaults.Data;
using StackExchange.Redis;

namespace IdentityAuth.Data;

/// <summary>Proofs that a number belongs to an account (contract §8.5): 15 minutes, one use.</summary>
internal sealed class PhoneTokens(IConnectionMultiplexer redis, RedisKeys names)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(15);

    public async Task<string> IssueAsync(long userId, string phone)
    {
        var token = OneTimeToken.Create();
        await redis.GetDatabase().StringSetAsync(KeyOf(token, userId), phone, Lifetime).WaitAsync(RedisScript.Timeout);
        return token;
    }

    /// <summary>The number of a token that was given to this account; the token is used up.</summary>
    public async Task<string?> TakeAsync(string token, long userId)
        => await redis.GetDatabase().TakeStringAsync(KeyOf(token, userId)) is { HasValue: true } phone ? phone.ToString() : null;

    // The account is part of the name: another account's token is not there.
    private RedisKey KeyOf(string token, long userId) => names.BySecret("phone-token", $"{Snowflake.Text(userId)} {token}");
}
