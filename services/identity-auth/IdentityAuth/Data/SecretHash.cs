using System.Security.Cryptography;
using System.Text;

namespace IdentityAuth.Data;

/// <summary>
/// Keyed hashes (HMAC-SHA-256) by which a short secret can be found, yet not be guessed by somebody who reads the store.
/// </summary>
internal sealed class SecretHash(IdentityAuthOptions options)
{
    private readonly byte[] _key = HKDF.DeriveKey(
        HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(options.DataKey!), 32, info: "platform/identity-auth/hash/v1"u8.ToArray());

    /// <param name="purpose">What the secret is for, such as <c>backup-code</c>; no line ends.</param>
    /// <param name="owner">Whose it is; no line ends.</param>
    public byte[] Of(string purpose, string owner, string secret) => HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{purpose}\n{owner}\n{secret}"));
}
