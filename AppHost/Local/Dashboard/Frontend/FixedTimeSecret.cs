using System.Security.Cryptography;
using System.Text;

namespace Aspire.Hosting.Local.Dashboard.Frontend;

/// <summary>A secret that is compared in a time that depends neither on where a guess differs nor on its length.</summary>
internal sealed class FixedTimeSecret(string value)
{
    private readonly byte[] digest = Digest(value);

    public bool Matches(string? guess) => guess is not null && CryptographicOperations.FixedTimeEquals(digest, Digest(guess));

    private static byte[] Digest(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
