using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace Pages.Tests.Infrastructure;

/// <summary>An authenticator app that has scanned a secret (RFC 6238: SHA-1, 30 s, six digits).</summary>
internal sealed class AuthenticatorApp(string base32Secret)
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// <summary>The code of now, or of so many half minutes later: servers take the next one early, and each once.</summary>
    public string Code(int later = 0)
    {
        var counter = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(counter, (DateTimeOffset.UtcNow.ToUnixTimeSeconds() / 30) + later);
#pragma warning disable CA5350 // RFC 6238.
        var hash = HMACSHA1.HashData(Key(), counter);
#pragma warning restore CA5350
        var number = BinaryPrimitives.ReadInt32BigEndian(hash.AsSpan(hash[^1] & 15)) & int.MaxValue;
        return (number % 1_000_000).ToString("D6", CultureInfo.InvariantCulture);
    }

    private byte[] Key()
    {
        var bits = string.Concat(base32Secret.Select(letter => Alphabet.IndexOf(letter, StringComparison.Ordinal).ToString("b5", CultureInfo.InvariantCulture)));
        return [.. Enumerable.Range(0, bits.Length / 8).Select(index => Convert.ToByte(bits.Substring(8 * index, 8), 2))];
    }
}
