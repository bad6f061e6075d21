using System.Buffers;

namespace Inbox.Mime;

/// <summary>Content-Transfer-Encoding (RFC 2045 §6). Decoding never fails: what cannot be decoded stays as it is.</summary>
internal static class TransferEncodings
{
    /// <summary>The octets behind <paramref name="mechanism"/>; 7bit, 8bit, binary and unknown mechanisms are the octets themselves.</summary>
    public static ReadOnlyMemory<byte> Decode(ReadOnlyMemory<byte> octets, string? mechanism) => mechanism?.Trim().ToUpperInvariant() switch
    {
        "QUOTED-PRINTABLE" => QuotedPrintable(octets.Span),
        "BASE64" => Base64(octets.Span),
        _ => octets,
    };

    /// <summary>RFC 2045 §6.7.</summary>
    public static ReadOnlyMemory<byte> QuotedPrintable(ReadOnlySpan<byte> octets)
    {
        var decoded = new ArrayBufferWriter<byte>(Math.Max(octets.Length, 1));
        while (!octets.IsEmpty)
        {
            // Rule 3: white space at the end of a line was added on the way.
            var line = OctetLines.Take(ref octets, out var ending).TrimEnd(" \t"u8);

            // Rule 5: an equals sign at the end is a soft line break.
            var soft = line is [.., (byte)'='];
            Unescape(soft ? line[..^1] : line, underscoreIsSpace: false, decoded);
            if (!soft)
            {
                decoded.Write(ending);
            }
        }

        return decoded.WrittenMemory;
    }

    /// <summary>RFC 2045 §6.8: characters outside the alphabet are passed over; a missing or early padding ends only its own group.</summary>
    public static ReadOnlyMemory<byte> Base64(ReadOnlySpan<byte> octets)
    {
        var decoded = new byte[(octets.Length / 4 * 3) + 3];
        var length = 0;
        var group = 0;
        var digits = 0;
        foreach (var octet in octets)
        {
            if (Base64Digit(octet) is >= 0 and var digit)
            {
                group = (group << 6) | digit;
                digits++;
            }

            if (digits == 4 || octet == '=')
            {
                EndGroup();
            }
        }

        EndGroup();
        return decoded.AsMemory(0, length);

        // Two digits hold one octet, three hold two, four hold three; a single one holds none.
        void EndGroup()
        {
            group <<= 6 * (4 - digits);
            for (var i = 0; i < digits - 1; i++)
            {
                decoded[length++] = (byte)(group >> (16 - (8 * i)));
            }

            (group, digits) = (0, 0);
        }
    }

    /// <summary>
    /// Replaces <c>=41</c> by its octet, and in encoded words (RFC 2047 §4.2) the underscore by a space. An equals sign without two
    /// hexadecimal digits stays; digits in lower case are not legal, and are understood.
    /// </summary>
    public static void Unescape(ReadOnlySpan<byte> octets, bool underscoreIsSpace, IBufferWriter<byte> decoded)
    {
        var target = decoded.GetSpan(Math.Max(octets.Length, 1));
        var length = 0;
        for (var i = 0; i < octets.Length; i++)
        {
            if (octets[i] == '=' && i + 2 < octets.Length && HexDigit(octets[i + 1]) is >= 0 and var high && HexDigit(octets[i + 2]) is >= 0 and var low)
            {
                target[length++] = (byte)((high << 4) | low);
                i += 2;
            }
            else
            {
                target[length++] = underscoreIsSpace && octets[i] == '_' ? (byte)' ' : octets[i];
            }
        }

        decoded.Advance(length);
    }

    /// <summary>Value of a hexadecimal digit of either case, or -1.</summary>
    public static int HexDigit(byte octet) => octet switch
    {
        >= (byte)'0' and <= (byte)'9' => octet - '0',
        >= (byte)'A' and <= (byte)'F' => octet - 'A' + 10,
        >= (byte)'a' and <= (byte)'f' => octet - 'a' + 10,
        _ => -1,
    };

    private static int Base64Digit(byte octet) => octet switch
    {
        >= (byte)'A' and <= (byte)'Z' => octet - 'A',
        >= (byte)'a' and <= (byte)'z' => octet - 'a' + 26,
        >= (byte)'0' and <= (byte)'9' => octet - '0' + 52,
        (byte)'+' => 62,
        (byte)'/' => 63,
        _ => -1,
    };
}
