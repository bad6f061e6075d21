using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace IdentityAuth.Domain;

/// <summary>Session tokens (contract §1.4): <c>flx_</c> and 36 letters and digits, 214 random bits. Only their hash is kept.</summary>
public static class SessionToken
{
    public const string Prefix = "flx_";

    private const int RandomLength = 36;

    private static readonly SearchValues<char> Alphabet = SearchValues.Create(OneTimeToken.Letters);

    public static string Create() => Prefix + RandomNumberGenerator.GetString(OneTimeToken.Letters, RandomLength);

    public static bool IsWellFormed(ReadOnlySpan<char> text)
        => text.Length == Prefix.Length + RandomLength && text.StartsWith(Prefix, StringComparison.Ordinal) && !text[Prefix.Length..].ContainsAnyExcept(Alphabet);

    /// <summary>SHA-256 of the token's characters: under what the session is kept.</summary>
    public static byte[] Hash(ReadOnlySpan<char> token)
    {
        Span<byte> bytes = stackalloc byte[Prefix.Length + RandomLength];
        return SHA256.HashData(bytes[..Encoding.ASCII.GetBytes(token, bytes)]);
    }

    /// <summary>How a session is named on the wire: its hash in base64url, 43 characters.</summary>
    public static string IdHash(ReadOnlySpan<byte> hash) => Base64Url.EncodeToString(hash);

    /// <summary>Reads <c>id_hash</c>.</summary>
    public static bool TryReadIdHash(string text, out byte[] hash)
    {
        hash = new byte[SHA256.HashSizeInBytes];
        return text is { Length: 43 } && Base64Url.IsValid(text) && Base64Url.TryDecodeFromChars(text, hash, out var written) && written == hash.Length;
    }
}
