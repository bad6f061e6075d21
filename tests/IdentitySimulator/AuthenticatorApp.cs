using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace IdentitySimulator;

/// <summary>An authenticator app on a phone: RFC 6238 with SHA-1, 30 s, six digits.</summary>
public sealed class AuthenticatorApp
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(20);

    /// <summary>The secret in base32, as the client makes it and the server is told.</summary>
    public string Secret
    {
        get
        {
            var bits = string.Concat(_key.Select(b => b.ToString("b8", CultureInfo.InvariantCulture)));
            var text = new StringBuilder();
            for (var i = 0; i < bits.Length; i += 5)
            {
                text.Append(Alphabet[Convert.ToInt32(bits.Substring(i, 5), 2)]);
            }

            return text.ToString();
        }
    }

    /// <summary>The code that is shown at a moment.</summary>
    /// <param name="steps">Of so many half minutes later.</param>
    public string Code(DateTimeOffset moment, int steps = 0)
    {
        var counter = BitConverter.GetBytes((moment.ToUnixTimeSeconds() / 30) + steps);
        Array.Reverse(counter);
#pragma warning disable CA5350 // RFC 6238.
        var hash = HMACSHA1.HashData(_key, counter);
#pragma warning restore CA5350
        var at = hash[19] & 15;
        var number = ((hash[at] & 127) << 24) | (hash[at + 1] << 16) | (hash[at + 2] << 8) | hash[at + 3];
        return (number % 1_000_000).ToString("D6", CultureInfo.InvariantCulture);
    }
}
