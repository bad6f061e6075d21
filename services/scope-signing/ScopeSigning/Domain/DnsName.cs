using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace ScopeSigning.Domain;

/// <summary>A host name of the public DNS: at least two labels, no IP address in any spelling.</summary>
internal static class DnsName
{
    private const int MaximumLength = 253;
    private const int MaximumLabelLength = 63;

    /// <summary>
    /// Converts to ASCII (RFC 3490 ToASCII) and lower case. Letters outside ASCII are taken when they are plain letters;
    /// compatibility forms (full-width, mathematical, circled) are not, since they would turn into ASCII on the way.
    /// </summary>
    public static bool TryToAscii(string name, [NotNullWhen(true)] out string? ascii)
    {
        ascii = null;
        var candidate = name;
        if (!Ascii.IsValid(name))
        {
            if (!name.EnumerateRunes().All(IsPlain))
            {
                return false;
            }

            try
            {
                candidate = new IdnMapping().GetAscii(name.ToLowerInvariant());
            }
            catch (ArgumentException)
            {
                return false;
            }
        }

        if (!IsPublicName(candidate))
        {
            return false;
        }

        ascii = candidate.ToLowerInvariant();
        return true;
    }

    /// <summary>Letters, digits and hyphens (RFC 1123 §2.1) in two or more labels; the last has a letter, so no IPv4 address fits.</summary>
    public static bool IsPublicName(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty || name.Length > MaximumLength)
        {
            return false;
        }

        var labels = 0;
        ReadOnlySpan<char> last = default;
        foreach (var range in name.Split('.'))
        {
            last = name[range];
            labels++;
            if (last.IsEmpty || last.Length > MaximumLabelLength || last[0] == '-' || last[^1] == '-' || last.ContainsAnyExcept(LabelCharacters))
            {
                return false;
            }
        }

        // "0x7f" is a number to some parsers of IPv4 addresses (WHATWG URL §3.5, "ends in a number"), as are digits alone.
        return labels >= 2 && last.ContainsAnyExceptInRange('0', '9') && !IsHexadecimalNumber(last);
    }

    private static readonly SearchValues<char> LabelCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-");

    private static readonly SearchValues<char> HexadecimalDigits = SearchValues.Create("0123456789abcdefABCDEF");

    private static bool IsHexadecimalNumber(ReadOnlySpan<char> label)
        => label.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            && !label[2..].ContainsAnyExcept(HexadecimalDigits);

    private static bool IsPlain(Rune rune)
        => rune.IsAscii
            || (rune.Value is not (>= 0xFF00 and <= 0xFFEF) and not (>= 0x1D400 and <= 0x1D7FF) and not (>= 0xFB00 and <= 0xFB4F)
                and not (>= 0x2000 and <= 0x2BFF) and not (>= 0x3200 and <= 0x33FF) and not 0xFFFD
                && Rune.GetUnicodeCategory(rune) is UnicodeCategory.LowercaseLetter or UnicodeCategory.UppercaseLetter
                    or UnicodeCategory.OtherLetter or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
                    or UnicodeCategory.DecimalDigitNumber);
}
