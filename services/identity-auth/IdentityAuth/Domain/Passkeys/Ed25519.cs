namespace IdentityAuth.Domain.Passkeys;

/// <summary>
/// Verification of Ed25519 signatures (RFC 8032 §5.1.7) through libsodium, whose builds differ in what they refuse; keys that would
/// verify anything are refused here.
/// </summary>
internal static class Ed25519
{
    public const int PublicKeyBytes = 32;
    public const int SignatureBytes = 64;

    /// <summary>The y coordinates of the points of order 1, 2, 4 and 8 without the sign of x, little-endian.</summary>
    private static readonly string[] SmallOrder =
    [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    ];

    /// <summary>Whether these bytes may be a public key: y below p = 2^255 − 19 (RFC 8032 §5.1.3, step 1), and not of small order.</summary>
    public static bool IsAcceptablePublicKey(ReadOnlySpan<byte> publicKey)
    {
        if (publicKey.Length != PublicKeyBytes)
        {
            return false;
        }

        Span<byte> y = stackalloc byte[PublicKeyBytes];
        publicKey.CopyTo(y);
        y[31] &= 0x7f;
        var isBelowPrime = y[31] != 0x7f || y[1..31].ContainsAnyExcept((byte)0xff) || y[0] < 0xed;
        return isBelowPrime && !SmallOrder.Contains(Convert.ToHexStringLower(y));
    }

    /// <summary>Whether <paramref name="signature"/> is the key's signature of <paramref name="message"/>.</summary>
    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
        => signature.Length == SignatureBytes
            && IsAcceptablePublicKey(publicKey)
            && Sodium.VerifyDetached(signature, message, (ulong)message.Length, publicKey) == 0;
}
