using System.Buffers;
using System.Buffers.Text;

namespace ServiceDefaults.Jose;

/// <summary>
/// base64url without padding, as JOSE wants it (RFC 7515 §2). The framework's decoder skips white space, takes padding and
/// ignores stray bits in the last character; each of these would give one token many spellings, so all are refused here.
/// </summary>
public static class Base64UrlText
{
    private static readonly SearchValues<byte> Alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8);

    // For the last character of a group of two or three: those whose unused low bits (4 or 2) are zero.
    private static readonly SearchValues<byte> LastOfTwo = SearchValues.Create("AQgw"u8);
    private static readonly SearchValues<byte> LastOfThree = SearchValues.Create("AEIMQUYcgkosw048"u8);

    /// <summary>How many bytes <paramref name="length"/> characters hold.</summary>
    public static int DecodedLength(int length) => (int)(length * 3L / 4);

    /// <summary>Decodes into <paramref name="bytes"/>, which is filled exactly.</summary>
    /// <returns>Whether <paramref name="text"/> was the one right spelling of that many bytes.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> text, Span<byte> bytes)
        => IsWellFormed(text)
            && bytes.Length == DecodedLength(text.Length)
            && Base64Url.DecodeFromUtf8(text, bytes, out var consumed, out var written) == OperationStatus.Done
            && consumed == text.Length
            && written == bytes.Length;

    /// <summary>Decodes into a new array, or returns <see langword="null"/>.</summary>
    public static byte[]? Decode(ReadOnlySpan<byte> text)
    {
        if (!IsWellFormed(text))
        {
            return null;
        }

        var bytes = new byte[DecodedLength(text.Length)];
        return TryDecode(text, bytes) ? bytes : null;
    }

    private static bool IsWellFormed(ReadOnlySpan<byte> text)
    {
        if (text.ContainsAnyExcept(Alphabet))
        {
            return false;
        }

        return (text.Length % 4) switch
        {
            0 => true,
            2 => LastOfTwo.Contains(text[^1]),
            3 => LastOfThree.Contains(text[^1]),
            _ => false,
        };
    }
}
