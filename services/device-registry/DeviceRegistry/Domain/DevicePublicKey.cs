using System.Numerics;
using System.Security.Cryptography;
using ServiceDefaults.Jose;

namespace DeviceRegistry.Domain;

/// <summary>
/// The public half of a device's key pair for key agreement (contract §1.5): SubjectPublicKeyInfo in DER of an uncompressed P-256 point
/// (RFC 5480) or of an X25519 key (RFC 8410). Always a usable point: an attacker who enrols a bad one would learn the key that others wrap for it.
/// </summary>
public sealed class DevicePublicKey
{
    private const int P256Length = 91;
    private const int X25519Length = 44;
    private const int X25519CoordinateLength = 32;

    // SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING { 04 ‖ x ‖ y } }
    private static readonly byte[] P256Header = Convert.FromHexString("3059301306072a8648ce3d020106082a8648ce3d03010703420004");

    // SEQUENCE { SEQUENCE { id-X25519 }, BIT STRING { u } }
    private static readonly byte[] X25519Header = Convert.FromHexString("302a300506032b656e032100");

    private static readonly BigInteger FieldOf25519 = BigInteger.Pow(2, 255) - 19;

    // The u-coordinates of the points whose order divides 8, on the curve or its twist: agreement with them gives zero (RFC 7748 §6.1).
    private static readonly BigInteger[] LowOrder =
    [
        BigInteger.Zero,
        BigInteger.One,
        FieldOf25519 - 1,
        BigInteger.Parse("325606250916557431795983626356110631294008115727848805560023387167927233504", System.Globalization.CultureInfo.InvariantCulture),
        BigInteger.Parse("39382357235489614581723060781553021112529911719440698176882885853963445705823", System.Globalization.CultureInfo.InvariantCulture),
    ];

    private DevicePublicKey(byte[] der) => Der = der;

    /// <summary>The SubjectPublicKeyInfo.</summary>
    public byte[] Der { get; }

    /// <summary>
    /// By which a key is known again: SHA-256 of its one right spelling. An X25519 key has several (RFC 7748 §5), and a revoked one must not come back
    /// in another.
    /// </summary>
    public byte[] Sha256 => SHA256.HashData(Der.Length == X25519Length ? [.. X25519Header, .. ToFieldBytes(CoordinateOf(Der.AsSpan(X25519Header.Length)))] : Der);

    /// <summary>Takes standard base64 of the DER.</summary>
    /// <returns><see langword="null"/> when it is not a key that can be used.</returns>
    public static DevicePublicKey? FromBase64(ReadOnlySpan<byte> text)
        => Base64Text.Decode(text, X25519Length, P256Length) is { } der ? FromDer(der) : null;

    /// <summary>Takes the DER.</summary>
    /// <inheritdoc cref="FromBase64"/>
    public static DevicePublicKey? FromDer(byte[] der)
    {
        var span = der.AsSpan();
        if (span.Length == P256Length && span.StartsWith(P256Header))
        {
            var point = span[P256Header.Length..];
            return P256.IsOnCurve(point[..P256.FieldLength], point[P256.FieldLength..]) ? new DevicePublicKey(der) : null;
        }

        return span.Length == X25519Length && span.StartsWith(X25519Header) && !IsLowOrder(span[X25519Header.Length..]) ? new DevicePublicKey(der) : null;
    }

    private static bool IsLowOrder(ReadOnlySpan<byte> u) => LowOrder.Contains(CoordinateOf(u));

    // The highest bit is masked and the number taken modulo p (RFC 7748 §5), so each point has several spellings.
    private static BigInteger CoordinateOf(ReadOnlySpan<byte> u)
    {
        Span<byte> masked = stackalloc byte[X25519CoordinateLength];
        u.CopyTo(masked);
        masked[^1] &= 0x7f;
        return new BigInteger(masked, isUnsigned: true, isBigEndian: false) % FieldOf25519;
    }

    private static byte[] ToFieldBytes(BigInteger coordinate)
    {
        var bytes = new byte[X25519CoordinateLength];
        coordinate.TryWriteBytes(bytes, out _, isUnsigned: true, isBigEndian: false);
        return bytes;
    }
}
