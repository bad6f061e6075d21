using System.Buffers;
using System.Text;

namespace IdentityAuth.Domain;

/// <summary>What becomes of every request string before it is looked at (contract §1.3).</summary>
public static class RequestText
{
    // 00–09, 0B, 0C, 0E–1F, 7F and the right-to-left override. CR and LF stay.
    private static readonly SearchValues<char> Removed = SearchValues.Create(
        "\0\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u0009\u000B\u000C\u000E\u000F\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001A\u001B\u001C\u001D\u001E\u001F\u007F\u202E");

    /// <summary>Removes control characters and the right-to-left override, then trims the ends.</summary>
    public static string Normalize(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!text.AsSpan().ContainsAny(Removed))
        {
            return text.Trim();
        }

        var kept = new StringBuilder(text.Length);
        foreach (var character in text)
        {
            if (!Removed.Contains(character))
            {
                kept.Append(character);
            }
        }

        return kept.ToString().Trim();
    }

    /// <summary>The beginning of a text: at most so many UTF-16 code units, and not half of a surrogate pair.</summary>
    public static string Cut(string text, int length)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length <= length ? text : text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];
    }
}
