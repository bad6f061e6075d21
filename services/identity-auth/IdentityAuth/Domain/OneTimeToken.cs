using System.Security.Cryptography;
using System.Text;

namespace IdentityAuth.Domain;

/// <summary>Tokens that are mailed and tickets: 64 letters and digits from a secure generator (contract §1.11). Only hashes are kept.</summary>
public static class OneTimeToken
{
    public const int Length = 64;

    internal const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    public static string Create() => RandomNumberGenerator.GetString(Letters, Length);

    /// <summary>SHA-256 of the token's UTF-8 bytes: whatever a client sends has one.</summary>
    public static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
