using System.Formats.Cbor;
using System.Security.Cryptography;

namespace IdentityAuth.Domain.Passkeys;

/// <summary>
/// A credential's public key (RFC 9053, RFC 8230) of one of the three algorithms that are offered: ES256 on P-256, EdDSA with Ed25519,
/// RS256.
/// </summary>
public sealed class CoseKey
{
    /// <summary>COSE algorithm identifiers, the preferred first.</summary>
    public static readonly IReadOnlyList<int> Algorithms = [EdDsa, Es256, Rs256];

    public const int EdDsa = -8;
    public const int Es256 = -7;
    public const int Rs256 = -257;

    // RFC 9052 §7.1, RFC 9053 §7, RFC 8230 §4.
    private const long KeyType = 1;
    private const long Algorithm = 3;
    private const long Curve = -1;
    private const long XCoordinate = -2;
    private const long YCoordinate = -3;
    private const long Modulus = -1;
    private const long Exponent = -2;
    private const long KeyTypeOkp = 1;
    private const long KeyTypeEc2 = 2;
    private const long KeyTypeRsa = 3;
    private const long CurveP256 = 1;
    private const long CurveEd25519 = 6;

    private const int MinimumModulusBytes = 256;
    private const int MaximumModulusBytes = 512;

    /// <summary>2^16: exponents are odd and larger (FIPS 186-5 §A.1.1).</summary>
    private const uint ExponentBound = 65_536;

    private const int CoordinateBytes = 32;
    private const int MaximumMembers = 16;

    private readonly ECParameters _ec;
    private readonly RSAParameters _rsa;
    private readonly byte[] _ed25519 = [];

    private CoseKey(long type, long? algorithm, long? curve, Dictionary<long, byte[]> bytes)
    {
        AlgorithmId = (type, algorithm) switch
        {
            (KeyTypeEc2, Es256) => Es256,
            (KeyTypeOkp, EdDsa) => EdDsa,
            (KeyTypeRsa, Rs256) => Rs256,
            _ => throw new CborContentException("No key of an offered algorithm."),
        };
        switch (AlgorithmId)
        {
            case Es256:
                Require(curve == CurveP256);
                _ec = new ECParameters
                {
                    Curve = ECCurve.NamedCurves.nistP256,
                    Q = new ECPoint { X = Take(bytes, XCoordinate, CoordinateBytes), Y = Take(bytes, YCoordinate, CoordinateBytes) },
                };
                break;
            case EdDsa:
                Require(curve == CurveEd25519);
                _ed25519 = Take(bytes, XCoordinate, CoordinateBytes);
                Require(Ed25519.IsAcceptablePublicKey(_ed25519));
                break;
            default:
                _rsa = new RSAParameters { Modulus = bytes.GetValueOrDefault(Modulus), Exponent = bytes.GetValueOrDefault(Exponent) };
                Require(IsModulus(_rsa.Modulus) && IsExponent(_rsa.Exponent));
                break;
        }
    }

    /// <summary>COSE identifier of the algorithm.</summary>
    public int AlgorithmId { get; }

    /// <summary>Reads a COSE_Key in CTAP2's canonical form (WebAuthn §6.5.1.1).</summary>
    /// <returns><see langword="null"/> if it is none, of an algorithm that was not offered, or no point of its curve.</returns>
    public static CoseKey? TryRead(ReadOnlyMemory<byte> cbor)
    {
        try
        {
            var reader = new CborReader(cbor, CborConformanceMode.Ctap2Canonical);
            var key = Read(reader);
            Require(reader.BytesRemaining == 0);
            key.Check();
            return key;
        }
        catch (Exception exception) when (exception is CborContentException or CryptographicException or InvalidOperationException or OverflowException)
        {
            return null;
        }
    }

    /// <summary>Whether <paramref name="signature"/> is this key's signature of <paramref name="data"/> (WebAuthn §6.5.5).</summary>
    public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        try
        {
            switch (AlgorithmId)
            {
                case Es256:
                    using (var key = ECDsa.Create(_ec))
                    {
                        return key.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
                    }

                case EdDsa:
                    return Ed25519.Verify(_ed25519, data, signature);
                default:
                    using (var key = RSA.Create(_rsa))
                    {
                        return key.VerifyData(data, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
                    }
            }
        }
        catch (CryptographicException)
        {
            // A signature that is no DER, or of another length.
            return false;
        }
    }

    private static CoseKey Read(CborReader reader)
    {
        var count = reader.ReadStartMap();
        Require(count is > 0 and <= MaximumMembers);
        long? type = null;
        long? algorithm = null;
        long? curve = null;
        var bytes = new Dictionary<long, byte[]>();
        while (reader.PeekState() != CborReaderState.EndMap)
        {
            var label = reader.ReadInt64();
            switch (reader.PeekState())
            {
                case CborReaderState.ByteString:
                    bytes[label] = reader.ReadByteString();
                    break;
                case CborReaderState.UnsignedInteger or CborReaderState.NegativeInteger:
                    var value = reader.ReadInt64();
                    _ = label switch
                    {
                        KeyType => type = value,
                        Algorithm => algorithm = value,
                        Curve => curve = value,
                        _ => null,
                    };
                    break;
                default:
                    reader.SkipValue();
                    break;
            }
        }

        reader.ReadEndMap();
        return new CoseKey(type ?? 0, algorithm, curve, bytes);
    }

    // The framework checks a point when it imports it.
    private void Check()
    {
        if (AlgorithmId == Es256)
        {
            ECDsa.Create(_ec).Dispose();
        }
        else if (AlgorithmId == Rs256)
        {
            RSA.Create(_rsa).Dispose();
        }
    }

    // RFC 8230 §4: unsigned, the first byte is not zero. At least 2048 bits, not merely the bytes for them.
    private static bool IsModulus(byte[]? value)
        => value is { Length: >= MinimumModulusBytes and <= MaximumModulusBytes }
            && value[0] >= (value.Length == MinimumModulusBytes ? 0x80 : 1)
            && (value[^1] & 1) == 1;

    private static bool IsExponent(byte[]? value)
    {
        if (value is not { Length: >= 1 and <= 4 } || value[0] == 0 || (value[^1] & 1) == 0)
        {
            return false;
        }

        var number = 0u;
        foreach (var digit in value)
        {
            number = (number << 8) | digit;
        }

        return number > ExponentBound;
    }

    private static byte[] Take(Dictionary<long, byte[]> bytes, long label, int length)
        => bytes.GetValueOrDefault(label) is { } value && value.Length == length ? value : throw new CborContentException("A coordinate has the wrong length.");

    private static void Require(bool holds)
    {
        if (!holds)
        {
            throw new CborContentException("Not an acceptable key.");
        }
    }
}
