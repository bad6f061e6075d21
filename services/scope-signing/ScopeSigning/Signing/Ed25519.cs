using System.Security.Cryptography;

namespace ScopeSigning.Signing;

/// <summary>
/// Ed25519 (RFC 8032 §5.1) through libsodium. Builds of libsodium differ in what they refuse, so everything that a signature or
/// key may not be is refused here first; libsodium decodes the points and checks the equation.
/// </summary>
internal static class Ed25519
{
    public const int PublicKeyBytes = 32;
    public const int SeedBytes = 32;
    public const int SignatureBytes = 64;

    /// <summary>The group order L = 2^252 + 27742317777372353535851937790883648493, little-endian.</summary>
    private static ReadOnlySpan<byte> GroupOrder =>
    [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];

    /// <summary>The y coordinates of the eight points of order 1, 2, 4 and 8, 32 bytes each, little-endian.</summary>
    private static ReadOnlySpan<byte> SmallOrderCoordinates =>
    [
        // y = 1: order 1, the neutral element.
        1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        // y = -1: order 2.
        0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
        // y = 0: order 4, two points.
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        // Two values of y: order 8, four points.
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
        0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
        0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ];

    /// <summary>
    /// Whether these bytes may be a public key: a canonical y (RFC 8032 §5.1.3, step 1) that is not of small order. A small-order
    /// key verifies almost anything. "x = 0 with the sign bit set" occurs only at y = ±1, which are of small order.
    /// </summary>
    public static bool IsAcceptablePublicKey(ReadOnlySpan<byte> publicKey)
        => publicKey.Length == PublicKeyBytes && IsCanonical(publicKey) && !IsSmallOrder(publicKey);

    /// <summary>Whether these bytes also decode to a point of the main subgroup: for keys that an operator configures.</summary>
    public static bool IsWellFormedPublicKey(ReadOnlySpan<byte> publicKey)
        => IsAcceptablePublicKey(publicKey) && Sodium.IsValidPoint(publicKey) == 1;

    /// <summary>The cofactorless equation of RFC 8032 §5.1.7 with S &lt; L, R canonical and neither R nor the key of small order.</summary>
    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
        => signature.Length == SignatureBytes
            && IsAcceptablePublicKey(publicKey)
            && IsBelowGroupOrder(signature[32..])
            && IsCanonical(signature[..32])
            && !IsSmallOrder(signature[..32])
            && Sodium.VerifyDetached(signature, message, (ulong)message.Length, publicKey) == 0;

    /// <summary>The public key of a 32-byte private seed (RFC 8032 §5.1.5).</summary>
    public static byte[] PublicKeyOf(ReadOnlySpan<byte> seed)
    {
        var publicKey = new byte[PublicKeyBytes];
        Span<byte> secretKey = stackalloc byte[Sodium.SecretKeyBytes];
        Expand(seed, publicKey, secretKey);
        CryptographicOperations.ZeroMemory(secretKey);
        return publicKey;
    }

    /// <summary>Signs (RFC 8032 §5.1.6). The expanded key is wiped before this returns.</summary>
    public static byte[] Sign(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> message)
    {
        var signature = new byte[SignatureBytes];
        Span<byte> publicKey = stackalloc byte[PublicKeyBytes];
        Span<byte> secretKey = stackalloc byte[Sodium.SecretKeyBytes];
        try
        {
            Expand(seed, publicKey, secretKey);
            if (Sodium.SignDetached(signature, 0, message, (ulong)message.Length, secretKey) != 0)
            {
                throw new CryptographicException("libsodium could not sign.");
            }

            return signature;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secretKey);
        }
    }

    private static void Expand(ReadOnlySpan<byte> seed, Span<byte> publicKey, Span<byte> secretKey)
    {
        if (seed.Length != SeedBytes)
        {
            throw new ArgumentException("A seed has 32 bytes.", nameof(seed));
        }

        if (Sodium.SeedKeyPair(publicKey, secretKey, seed) != 0)
        {
            throw new CryptographicException("libsodium could not expand the key.");
        }
    }

    /// <summary>S &lt; L: otherwise S + L would be a second signature of the same message (RFC 8032 §8.4).</summary>
    private static bool IsBelowGroupOrder(ReadOnlySpan<byte> scalar)
    {
        for (var i = 31; i >= 0; i--)
        {
            if (scalar[i] != GroupOrder[i])
            {
                return scalar[i] < GroupOrder[i];
            }
        }

        return false;
    }

    /// <summary>y &lt; p = 2^255 − 19. Bytes 1–30 of p are 0xff, its first is 0xed; the top bit is the sign of x.</summary>
    private static bool IsCanonical(ReadOnlySpan<byte> point)
        => (point[31] & 0x7f) != 0x7f || point[1..31].ContainsAnyExcept((byte)0xff) || point[0] < 0xed;

    private static bool IsSmallOrder(ReadOnlySpan<byte> point)
    {
        for (var offset = 0; offset < SmallOrderCoordinates.Length; offset += 32)
        {
            var candidate = SmallOrderCoordinates.Slice(offset, 32);
            if (point[..31].SequenceEqual(candidate[..31]) && (point[31] & 0x7f) == candidate[31])
            {
                return true;
            }
        }

        return false;
    }
}
