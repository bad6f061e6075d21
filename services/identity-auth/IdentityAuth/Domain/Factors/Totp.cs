using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace IdentityAuth.Domain.Factors;

/// <summary>Time-based one-time passwords (RFC 6238) with the parameters that every authenticator app has: SHA-1, 30 s, six digits.</summary>
public static class Totp
{
    /// <summary>Digits of a code.</summary>
    public const int Digits = 6;

    /// <summary>Shortest secret in bytes: 128 bits (RFC 4226 §4, R6).</summary>
    public const int MinimumSecretBytes = 16;

    /// <summary>How long a code is shown, and time step X of RFC 6238 §4.1.</summary>
    public static readonly TimeSpan Step = TimeSpan.FromSeconds(30);

    /// <summary>Steps before and after the current one that are accepted, for clocks that differ (RFC 6238 §5.2).</summary>
    public const int Window = 1;

    /// <summary>The step of a moment: T of RFC 6238 §4.2 with T0 = 0.</summary>
    public static long StepOf(DateTimeOffset moment) => moment.ToUnixTimeSeconds() / (long)Step.TotalSeconds;

    /// <summary>The code of a step: HOTP (RFC 4226 §5.3) with the step as its counter.</summary>
    /// <param name="digits">Six, but for the published vectors, which have eight.</param>
    public static string Compute(ReadOnlySpan<byte> secret, long step, int digits = Digits)
    {
        Span<byte> counter = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
        Span<byte> hash = stackalloc byte[HMACSHA1.HashSizeInBytes];
#pragma warning disable CA5350 // HMAC-SHA-1 is what authenticator apps compute; HMAC does not rest on SHA-1's collision resistance.
        HMACSHA1.HashData(secret, counter, hash);
#pragma warning restore CA5350
        var number = BinaryPrimitives.ReadUInt32BigEndian(hash[(hash[^1] & 0xf)..]) & 0x7fff_ffff;
        var modulus = (uint)Math.Pow(10, digits);
        return (number % modulus).ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0');
    }

    /// <summary>
    /// The step whose code this is, within the window around <paramref name="now"/> and after <paramref name="lastStep"/>: a step is
    /// accepted once (RFC 6238 §5.2). <see langword="null"/> if there is none.
    /// </summary>
    /// <remarks>All steps are computed and compared in constant time, so the time taken says nothing about the code.</remarks>
    public static long? Match(ReadOnlySpan<byte> secret, string code, DateTimeOffset now, long lastStep)
    {
        var current = StepOf(now);
        Span<byte> given = stackalloc byte[Digits];
        if (code.Length != Digits || !Encoding.ASCII.TryGetBytes(code, given, out _))
        {
            return null;
        }

        long? match = null;
        for (var step = current + Window; step >= current - Window; step--)
        {
            var equal = CryptographicOperations.FixedTimeEquals(given, Encoding.ASCII.GetBytes(Compute(secret, step)));
            if (equal && step > lastStep)
            {
                match = step;
            }
        }

        return match;
    }

    /// <summary>Whether a text has the form of a code: six ASCII digits.</summary>
    public static bool IsCode(string text) => text.Length == Digits && text.All(char.IsAsciiDigit);
}
