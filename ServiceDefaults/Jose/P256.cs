using System.Numerics;
using System.Security.Cryptography;

namespace ServiceDefaults.Jose;

/// <summary>The curve P-256 (NIST SP 800-186 §3.2.1.3, SEC 2 secp256r1): sizes, constants, membership.</summary>
public static class P256
{
    /// <summary>Bytes of a coordinate and of a scalar.</summary>
    public const int FieldLength = 32;

    /// <summary>Bytes of a raw signature r‖s (RFC 7518 §3.4).</summary>
    public const int SignatureLength = 2 * FieldLength;

    private static readonly BigInteger FieldPrime = Unsigned("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
    private static readonly BigInteger CoefficientB = Unsigned("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b");
    private static readonly byte[] OrderBytes = Convert.FromHexString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");

    /// <summary>The number of points on the curve, n.</summary>
    public static BigInteger Order { get; } = new(OrderBytes, isUnsigned: true, isBigEndian: true);

    /// <summary>
    /// Whether (x, y) is a point of the curve: both below p, and y² = x³ − 3x + b. The point at infinity has no such
    /// coordinates, and the cofactor is 1, so nothing else has to be checked (NIST SP 800-56A §5.6.2.3.4).
    /// </summary>
    public static bool IsOnCurve(ReadOnlySpan<byte> x, ReadOnlySpan<byte> y)
    {
        if (x.Length != FieldLength || y.Length != FieldLength)
        {
            return false;
        }

        var px = new BigInteger(x, isUnsigned: true, isBigEndian: true);
        var py = new BigInteger(y, isUnsigned: true, isBigEndian: true);
        if (px >= FieldPrime || py >= FieldPrime)
        {
            return false;
        }

        // x³ − 3x + b − y² is kept positive by writing −3x as (p − 3)·x.
        var right = ((((px * px) + (FieldPrime - 3)) * px) + CoefficientB) % FieldPrime;
        return right == py * py % FieldPrime;
    }

    /// <summary>Whether r and s both lie in [1, n − 1] (FIPS 186-5 §6.4.2 step 1).</summary>
    public static bool IsSignatureInRange(ReadOnlySpan<byte> signature)
        => signature.Length == SignatureLength && IsScalar(signature[..FieldLength]) && IsScalar(signature[FieldLength..]);

    /// <summary>The public parameters of the point (x, y), for <see cref="ECDsa"/> and <see cref="ECDiffieHellman"/>.</summary>
    public static ECParameters PublicParameters(ReadOnlySpan<byte> x, ReadOnlySpan<byte> y)
        => new() { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = x.ToArray(), Y = y.ToArray() } };

    /// <summary>The number as 32 bytes, big-endian, leading zeros kept.</summary>
    public static byte[] ToFieldBytes(BigInteger value)
    {
        var bytes = new byte[FieldLength];
        var length = value.GetByteCount(isUnsigned: true);
        value.TryWriteBytes(bytes.AsSpan(FieldLength - length), out _, isUnsigned: true, isBigEndian: true);
        return bytes;
    }

    private static bool IsScalar(ReadOnlySpan<byte> value)
        => value.ContainsAnyExcept((byte)0) && value.SequenceCompareTo(OrderBytes) < 0;

    private static BigInteger Unsigned(string hex) => new(Convert.FromHexString(hex), isUnsigned: true, isBigEndian: true);
}
