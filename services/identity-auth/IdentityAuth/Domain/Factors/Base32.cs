namespace IdentityAuth.Domain.Factors;

/// <summary>
/// Base32 (RFC 4648 §6) as people copy it from an authenticator app: spaces, hyphens, case and padding do not matter.
/// </summary>
public static class Base32
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// <summary>The bytes, or <see langword="null"/> if a character does not belong there or stray bits are left over.</summary>
    public static byte[]? Decode(ReadOnlySpan<char> text)
    {
        var bytes = new List<byte>(text.Length * 5 / 8);
        var bits = 0;
        var buffer = 0;
        var ended = false;
        foreach (var character in text)
        {
            if (character is ' ' or '-')
            {
                continue;
            }

            if (character == '=')
            {
                ended = true;
                continue;
            }

            var value = Alphabet.IndexOf(char.ToUpperInvariant(character), StringComparison.Ordinal);
            if (value < 0 || ended)
            {
                return null;
            }

            buffer = ((buffer << 5) | value) & 0xfff;
            bits += 5;
            if (bits >= 8)
            {
                bits -= 8;
                bytes.Add((byte)(buffer >> bits));
            }
        }

        // Five bits or more left over are a character too many; the fewer ones have to be zero (RFC 4648 §3.5).
        return bits >= 5 || (buffer & ((1 << bits) - 1)) != 0 ? null : [.. bytes];
    }

    /// <summary>The text without padding, as <c>otpauth</c> addresses carry it.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        var text = new System.Text.StringBuilder((bytes.Length * 8 / 5) + 1);
        var bits = 0;
        var buffer = 0;
        foreach (var value in bytes)
        {
            buffer = ((buffer << 8) | value) & 0xfff;
            bits += 8;
            while (bits >= 5)
            {
                bits -= 5;
                text.Append(Alphabet[(buffer >> bits) & 31]);
            }
        }

        if (bits > 0)
        {
            text.Append(Alphabet[(buffer << (5 - bits)) & 31]);
        }

        return text.ToString();
    }
}
