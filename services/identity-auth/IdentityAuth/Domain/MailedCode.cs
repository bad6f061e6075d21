using System.Security.Cryptography;
using System.Text;

namespace IdentityAuth.Domain;

/// <summary>Codes that are mailed to be typed (contract §8.7): eight of <c>A-Z0-9</c> with a hyphen in the middle.</summary>
internal static class MailedCode
{
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    private const int Length = 8;

    public static string Create() => RandomNumberGenerator.GetString(Letters, Length);

    /// <summary>As it is mailed: <c>ABCD-1234</c>.</summary>
    public static string Show(string code) => $"{code[..4]}-{code[4..]}";

    /// <summary>
    /// What is kept. Eight characters alone could be guessed from their hash; the ticket, of which only a hash is kept either, goes
    /// into it.
    /// </summary>
    /// <param name="code">As somebody types it: hyphens and white space do not count, nor does case.</param>
    public static byte[] Hash(string ticket, string code)
        => SHA256.HashData(Encoding.UTF8.GetBytes($"{ticket}:{string.Concat(code.Where(character => character != '-' && !char.IsWhiteSpace(character))).ToUpperInvariant()}"));
}
