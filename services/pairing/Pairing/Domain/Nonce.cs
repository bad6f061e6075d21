using System.Security.Cryptography;
using System.Text;

namespace Pairing.Domain;

/// <summary>
/// The challenge of one pairing: 32 random bytes as standard base64 with padding. The phone signs these 44 characters as they
/// stand, not the bytes behind them (contract §3.2).
/// </summary>
public static class Nonce
{
    /// <summary>Characters of a nonce.</summary>
    public const int TextLength = 44;

    private const int RandomLength = 32;

    public static string Create()
    {
        Span<byte> random = stackalloc byte[RandomLength];
        RandomNumberGenerator.Fill(random);
        return Convert.ToBase64String(random);
    }

    /// <summary>The bytes that are signed: the text in ASCII, nothing before or after it.</summary>
    public static byte[] ToSignedMessage(string nonce) => Encoding.ASCII.GetBytes(nonce);
}
