using System.Buffers;

namespace DeviceRegistry.Domain;

/// <summary>UUIDs as they stand on the wire: 36 characters with hyphens, in either case (RFC 9562 §4).</summary>
public static class Uuid
{
    private const int TextLength = 36;

    private static readonly SearchValues<char> Alphabet = SearchValues.Create("0123456789abcdefABCDEF-");

    /// <summary>
    /// Reads a UUID. <see cref="Guid.TryParseExact(ReadOnlySpan{char}, ReadOnlySpan{char}, out Guid)"/> alone would also take
    /// signs, <c>0x</c> and surrounding blanks.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Guid value)
    {
        value = Guid.Empty;
        return text.Length == TextLength
            && !text.ContainsAnyExcept(Alphabet)
            && Guid.TryParseExact(text, "D", out value);
    }
}
