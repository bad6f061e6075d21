using System.Globalization;
using System.Security.Cryptography;
using IdentityAuth.Domain;
using ServiceDefaults.Data;
using StackExchange.Redis;

namespace IdentityAuth.Data;

/// <summary>What a texted code is for; it is good for nothing else.</summary>
internal enum SmsPurpose
{
    SignIn,
    Sudo,
    Phone,
}

/// <summary>
/// Codes that were sent by text message (contract §1.11): six digits, ten minutes, one use, dead after five wrong tries. In Redis as
/// keyed hashes; a new code takes the place of the one before it.
/// </summary>
internal sealed class SmsCodes(IConnectionMultiplexer redis, RedisKeys names, SecretHash hashes)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    private const int MaximumWrong = 5;

    private static readonly RedisScript Check = RedisScript.Load<IdentityAuthOptions>("sms_code");

    /// <summary>Makes a code for a number.</summary>
    public async Task<string> IssueAsync(SmsPurpose purpose, long userId, string phone)
    {
        var code = RandomNumberGenerator.GetInt32(1_000_000).ToString("D6", CultureInfo.InvariantCulture);
        var key = KeyOf(purpose, userId);
        var transaction = redis.GetDatabase().CreateTransaction();
        var deleted = transaction.KeyDeleteAsync(key);
        var written = transaction.HashSetAsync(key, [new HashEntry("code", hashes.Of(HashPurpose(purpose), Owner(userId, phone), code))]);
        var expires = transaction.KeyExpireAsync(key, Lifetime);
        await transaction.ExecuteAsync().WaitAsync(RedisScript.Timeout);
        await Task.WhenAll(deleted, written, expires);
        return code;
    }

    /// <summary>Checks a code and, if it is right, uses it up.</summary>
    /// <param name="phone">The number that it has to have been sent to.</param>
    public async Task<bool> RedeemAsync(SmsPurpose purpose, long userId, string phone, string code)
        => (long)await Check.RunAsync(
            redis.GetDatabase(), [KeyOf(purpose, userId)],
            [MaximumWrong, .. hashes.AllOf(HashPurpose(purpose), Owner(userId, phone), code).Select(hash => (RedisValue)hash)]) == 1;

    private RedisKey KeyOf(SmsPurpose purpose, long userId) => names.ByUser($"sms-code:{purpose}", userId);

    private static string HashPurpose(SmsPurpose purpose) => $"sms-code:{purpose}";

    private static string Owner(long userId, string phone) => $"{Snowflake.Text(userId)} {phone}";
}
