using System.Security.Cryptography;

namespace IdentityAuth.Domain.Factors;

/// <summary>
/// A code on paper that stands in for a lost authenticator app, once: <c>xxxx-xxxx</c> of letters and digits, more than 41 random bits.
/// </summary>
public static class BackupCode
{
    /// <summary>How many an account has.</summary>
    public const int Count = 10;

    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
    private const int Half = 4;

    /// <summary>Ten new codes, all different, as they are shown.</summary>
    public static IReadOnlyList<string> Generate()
    {
        var codes = new HashSet<string>(StringComparer.Ordinal);
        while (codes.Count < Count)
        {
            var letters = RandomNumberGenerator.GetString(Alphabet, 2 * Half);
            codes.Add($"{letters[..Half]}-{letters[Half..]}");
        }

        return [.. codes];
    }

    /// <summary>The spelling that is compared: lower case, with its hyphen. <see langword="null"/> if the text is no backup code.</summary>
    public static string? Normalize(string text)
    {
        var letters = text.Length switch
        {
            2 * Half => text,
            (2 * Half) + 1 when text[Half] == '-' => text.Remove(Half, 1),
            _ => null,
        };
        return letters is not null && letters.All(char.IsAsciiLetterOrDigit)
            ? $"{letters[..Half]}-{letters[Half..]}".ToLowerInvariant()
            : null;
    }
}
