using System.Text;

namespace IdentityAuth.Domain;

/// <summary>What is wrong with a name.</summary>
public enum NameFault
{
    None,
    Length,
    Characters,
    Reserved,
    ReservedTerm,
}

/// <summary>Usernames and display names (contract §1.3).</summary>
public static class Names
{
    public const int MaximumLength = 32;

    private static readonly string[] ReservedValues = ["everyone", "here"];
    private static readonly string[] UsernameTerms = ["fluxer", "system message"];
    private static readonly string[] GlobalNameTerms = ["system message"];

    /// <param name="text">Normalised as every request string.</param>
    public static NameFault CheckUsername(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length is 0 or > MaximumLength)
        {
            return NameFault.Length;
        }

        if (!text.All(character => char.IsAsciiLetterOrDigit(character) || character == '_'))
        {
            return NameFault.Characters;
        }

        return CheckReserved(text, UsernameTerms);
    }

    /// <summary>Takes the invisible out of a display name and collapses its white space.</summary>
    public static string CleanGlobalName(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var clean = new StringBuilder(text.Length);
        var space = false;
        foreach (var rune in text.EnumerateRunes())
        {
            if (IsInvisible(rune.Value))
            {
                continue;
            }

            if (Rune.IsWhiteSpace(rune))
            {
                space = clean.Length > 0;
                continue;
            }

            if (space)
            {
                clean.Append(' ');
                space = false;
            }

            clean.Append(rune.ToString());
        }

        return clean.ToString();
    }

    /// <param name="text">After <see cref="CleanGlobalName"/>.</param>
    public static NameFault CheckGlobalName(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length is 0 or > MaximumLength ? NameFault.Length : CheckReserved(text, GlobalNameTerms);
    }

    private static NameFault CheckReserved(string text, string[] terms)
    {
        if (ReservedValues.Contains(text, StringComparer.OrdinalIgnoreCase))
        {
            return NameFault.Reserved;
        }

        return terms.Any(term => text.Contains(term, StringComparison.OrdinalIgnoreCase)) ? NameFault.ReservedTerm : NameFault.None;
    }

    // Soft hyphen, joiners, fillers, bidi controls, variation selectors, tags: they make two names look alike.
    private static bool IsInvisible(int value) => value is
        0x00AD or 0x034F or 0x061C or 0x115F or 0x1160 or 0x17B4 or 0x17B5 or (>= 0x180B and <= 0x180F)
        or (>= 0x200B and <= 0x200F) or (>= 0x202A and <= 0x202E) or (>= 0x2060 and <= 0x206F)
        or 0x3164 or (>= 0xFE00 and <= 0xFE0F) or 0xFEFF or 0xFFA0 or (>= 0xFFF0 and <= 0xFFFB)
        or (>= 0x1BCA0 and <= 0x1BCA3) or (>= 0x1D173 and <= 0x1D17A) or (>= 0xE0000 and <= 0xE0FFF);
}
