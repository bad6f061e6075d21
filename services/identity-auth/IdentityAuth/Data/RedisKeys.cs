using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;

namespace IdentityAuth.Data;

/// <summary>The names of this service's keys in Redis. Addresses, tickets and codes appear in them as hashes only.</summary>
internal sealed class RedisKeys(IdentityAuthOptions options)
{
    private readonly string _prefix = options.RedisNamespace.Length == 0 ? "identity-auth:" : $"identity-auth:{options.RedisNamespace}:";

    /// <summary>Channel on which instances tell each other what has changed.</summary>
    public string Changes => $"{_prefix}changes";

    /// <summary>String: theoretical arrival time of a bucket (GCRA).</summary>
    public RedisKey Bucket(string bucket, string caller) => $"{_prefix}bucket:{bucket}:{caller}";

    /// <summary>Sorted set: attempts within a window.</summary>
    public RedisKey Attempts(string limit, string subject) => $"{_prefix}attempts:{limit}:{Digest(subject)}";

    /// <summary>Anything that is looked up by a secret which a client holds.</summary>
    public RedisKey BySecret(string kind, string secret) => $"{_prefix}{kind}:{Digest(secret)}";

    /// <summary>Anything of one account.</summary>
    public RedisKey ByUser(string kind, long userId) => string.Create(CultureInfo.InvariantCulture, $"{_prefix}{kind}:{userId}");

    private static string Digest(string secret) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}
