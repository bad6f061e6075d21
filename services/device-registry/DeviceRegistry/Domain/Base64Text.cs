using System.Buffers;
using System.Buffers.Text;

namespace DeviceRegistry.Domain;

/// <summary>Standard base64 with padding (RFC 4648 §4), as keys and ciphertexts stand on the wire (contract §1.5).</summary>
public static class Base64Text
{
    private static readonly SearchValues<byte> Alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="u8);

    /// <summary>Decodes a text. The framework's decoder skips white space, which is refused here.</summary>
    /// <param name="minimum">The fewest bytes it may stand for.</param>
    /// <param name="maximum">The most.</param>
    /// <returns><see langword="null"/> when it is no base64 or stands for fewer or more bytes.</returns>
    public static byte[]? Decode(ReadOnlySpan<byte> text, int minimum, int maximum)
    {
        if (text.Length % 4 != 0 || text.Length > Base64.GetMaxEncodedToUtf8Length(maximum) || text.ContainsAnyExcept(Alphabet))
        {
            return null;
        }

        var padding = text.EndsWith("=="u8) ? 2 : text.EndsWith("="u8) ? 1 : 0;
        var length = (text.Length / 4 * 3) - padding;
        if (length < minimum || length > maximum)
        {
            return null;
        }

        var bytes = new byte[length];
        return Base64.DecodeFromUtf8(text, bytes, out var consumed, out var written) == OperationStatus.Done
            && consumed == text.Length && written == length
                ? bytes
                : null;
    }
}
