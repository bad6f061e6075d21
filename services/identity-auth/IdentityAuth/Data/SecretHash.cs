using System.Security.Cryptography;
using System.Text;

namespace IdentityAuth.Data;

/// <summary>
/// Keyed hashes (HMAC-SHA-256) by which a short secret can be found, yet not be guessed by somebody who reads the store.
/// </summary>
internal sealed class SecretHash(IdentityAuthOptions options)
{
    private readonly byte[] _key = Derive(options.DataKey!);
    private readonly byte[]? _previousKey = string.IsNullOrEmpty(options.PreviousDataKey) ? null : Derive(options.PreviousDataKey);

    /// <summary>What is stored.</summary>
    /// <param name="purpose">What the secret is for, such as <c>backup-code</c>; no line ends.</param>
    /// <param name="owner">Whose it is; no line ends.</param>
    public byte[] Of(string purpose, string owner, string secret) => Compute(_key, purpose, owner, secret);

    /// <summary>What may be stored for a secret: its hash, and the one under the data key before, if that is configured.</summary>
    public IReadOnlyList<byte[]> AllOf(string purpose, string owner, string secret)
        => _previousKey is null
            ? [Compute(_key, purpose, owner, secret)]
            : [Compute(_key, purpose, owner, secret), Compute(_previousKey, purpose, owner, secret)];

    private static byte[] Compute(byte[] key, string purpose, string owner, string secret)
        => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{purpose}\n{owner}\n{secret}"));

    private static byte[] Derive(string secret)
        => HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret), 32, info: "platform/identity-auth/hash/v1"u8.ToArray());
}
