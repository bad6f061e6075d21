using System.Buffers;
using System.Security.Cryptography;

namespace IdentityAuth.Domain;

/// <summary>Codes that a person carries from one device to another (contract §6): eight characters that nobody mistakes.</summary>
internal static class HandoffCode
{
    private const string Letters = "ABCDEFGHJKMNPQRSTUVWXYZ23456789";
    private const int Length = 8;

    private static readonly SearchValues<char> Alphabet = SearchValues.Create(Letters);

    /// <summary>Drawn without bias, as it is kept: no hyphen.</summary>
    public static string Create() => RandomNumberGenerator.GetString(Letters, Length);

    /// <summary>As it is shown: <c>ABCD-2345</c>.</summary>
    public static string Show(string code) => $"{code[..4]}-{code[4..]}";

    /// <summary>Reads a code as people type it: hyphens and white space do not count, nor does case.</summary>
    public static bool TryParse(string text, out string code)
    {
        code = string.Concat(text.Where(character => character != '-' && !char.IsWhiteSpace(character))).ToUpperInvariant();
        return code.Length == Length && !code.AsSpan().ContainsAnyExcept(Alphabet);
    }
}
