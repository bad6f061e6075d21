using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace ScopeSigning.Domain;

/// <summary>An e-mail address: a dot-atom (RFC 5322 §3.2.3, with UTF-8 letters of RFC 6532) at a DNS name.</summary>
internal sealed class EmailAddress
{
    public const int MaximumLength = 254;
    private const int MaximumLocalLength = 64;

    private static readonly SearchValues<char> AtomCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~.");

    private EmailAddress(string local, string domain) => Text = $"{local}@{domain}";

    /// <summary>As the person typed it, with the domain in ASCII and lower case.</summary>
    public string Text { get; }

    public static bool TryParse(string? text, [NotNullWhen(true)] out EmailAddress? address)
    {
        address = null;
        if (text is null || text.Length > MaximumLength)
        {
            return false;
        }

        var at = text.IndexOf('@', StringComparison.Ordinal);
        if (at < 1 || at != text.LastIndexOf('@') || !IsLocalPart(text.AsSpan(0, at)))
        {
            return false;
        }

        if (!DnsName.TryToAscii(text[(at + 1)..], out var domain))
        {
            return false;
        }

        var candidate = new EmailAddress(text[..at], domain);
        if (Encoding.UTF8.GetByteCount(candidate.Text) > MaximumLength)
        {
            return false;
        }

        address = candidate;
        return true;
    }

    public override string ToString() => "(e-mail address)";

    private static bool IsLocalPart(ReadOnlySpan<char> local)
    {
        if (Encoding.UTF8.GetByteCount(local) > MaximumLocalLength || local[0] == '.' || local[^1] == '.' || local.Contains("..", StringComparison.Ordinal))
        {
            return false;
        }

        foreach (var rune in local.EnumerateRunes())
        {
            var allowed = rune.IsAscii
                ? AtomCharacters.Contains((char)rune.Value)
                : rune != Rune.ReplacementChar && (Rune.IsLetterOrDigit(rune) || IsMark(rune));
            if (!allowed)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Combining marks belong to letters of many scripts, and to decomposed Latin ones.</summary>
    private static bool IsMark(Rune rune)
        => Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;
}
