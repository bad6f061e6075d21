using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace IdentityAuth.Passwords;

/// <summary>
/// A password's hash in PHC string format: <c>$argon2id$v=19$m=19456,t=2,p=1$salt$hash</c>, base64 without padding.
/// </summary>
internal sealed record PasswordHash(int MemoryKiB, int Iterations, int Lanes, byte[] Salt, byte[] Hash)
{
    private const int SaltLength = 16;
    private const int HashLength = 32;

    /// <summary>Hashes under a new salt.</summary>
    public static PasswordHash Create(string password, int memoryKiB, int iterations)
        => Compute(password, RandomNumberGenerator.GetBytes(SaltLength), memoryKiB, iterations, lanes: 1, HashLength);

    /// <summary>Whether a password gives this hash. Takes the same time whichever it is.</summary>
    public bool Matches(string password)
        => CryptographicOperations.FixedTimeEquals(Compute(password, Salt, MemoryKiB, Iterations, Lanes, Hash.Length).Hash, Hash);

    public static PasswordHash? Parse(string text)
    {
        if (text.Split('$') is not ["", "argon2id", "v=19", var parameters, var salt, var hash]
            || parameters.Split(',') is not [['m', '=', .. var memory], ['t', '=', .. var iterations], ['p', '=', .. var lanes]]
            || !TryNumber(memory, out var memoryKiB) || !TryNumber(iterations, out var passes) || !TryNumber(lanes, out var lanesNumber))
        {
            return null;
        }

        return new PasswordHash(memoryKiB, passes, lanesNumber, FromBase64(salt), FromBase64(hash));
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"$argon2id$v=19$m={MemoryKiB},t={Iterations},p={Lanes}${ToBase64(Salt)}${ToBase64(Hash)}");

    private static PasswordHash Compute(string password, byte[] salt, int memoryKiB, int iterations, int lanes, int length)
    {
        Span<byte> bytes = stackalloc byte[256 * 3];
        if (Encoding.UTF8.GetByteCount(password) > bytes.Length)
        {
            bytes = new byte[Encoding.UTF8.GetByteCount(password)];
        }

        bytes = bytes[..Encoding.UTF8.GetBytes(password, bytes)];
        try
        {
            var hash = new byte[length];
            Argon2.Hash(bytes, salt, memoryKiB, iterations, lanes, hash);
            return new PasswordHash(memoryKiB, iterations, lanes, salt, hash);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    private static bool TryNumber(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static string ToBase64(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=');

    private static byte[] FromBase64(string text) => Convert.FromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='));
}
