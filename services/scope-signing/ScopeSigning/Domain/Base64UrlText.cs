using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;

namespace ScopeSigning.Domain;

/// <summary>
/// base64url without padding (RFC 7515 §2), strictly: one text per byte string, so that a signed text cannot be respelled.
/// The framework's decoder takes white space and padding, hence the checks in front of it.
/// </summary>
internal static class Base64UrlText
{
    private static readonly SearchValues<char> Alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    public static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);

    public static bool IsAlphabetOnly(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(Alphabet);

    /// <summary>Decodes; refuses foreign characters, padding, an impossible length and non-zero unused bits.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        if (text.Length % 4 == 1 || !IsAlphabetOnly(text))
        {
            return false;
        }

        // 2 characters carry 8 of 12 bits, 3 carry 16 of 18: the rest has to be zero (RFC 4648 §3.5).
        var unusedBits = (text.Length % 4) switch { 2 => 0b1111, 3 => 0b11, _ => 0 };
        if (unusedBits != 0 && (ValueOf(text[^1]) & unusedBits) != 0)
        {
            return false;
        }

        bytes = Base64Url.DecodeFromChars(text);
        return true;
    }

    private static int ValueOf(char character) => character switch
    {
        >= 'A' and <= 'Z' => character - 'A',
        >= 'a' and <= 'z' => character - 'a' + 26,
        >= '0' and <= '9' => character - '0' + 52,
        '-' => 62,
        _ => 63,
    };
}
