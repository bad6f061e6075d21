using System.Security.Cryptography;

namespace ServiceDefaults.Jose;

/// <summary>The JWS algorithms that are accepted (RFC 7518 §3.1). <c>none</c> and every HS* are never among them.</summary>
public static class SignatureAlgorithm
{
    public const string ES256 = "ES256";
    public const string RS256 = "RS256";
    public const string PS256 = "PS256";

    /// <summary>What an issuer may be configured with.</summary>
    public static IReadOnlyList<string> All { get; } = [ES256, RS256, PS256];
}

/// <summary>A token issuer's public key, parsed once and used by many requests at a time.</summary>
public sealed class VerificationKey : IDisposable
{
    private readonly InstancePool<ECDsa>? _ec;
    private readonly InstancePool<RSA>? _rsa;
    private readonly string? _algorithm;

    private VerificationKey(InstancePool<ECDsa>? ec, InstancePool<RSA>? rsa, string? algorithm)
    {
        _ec = ec;
        _rsa = rsa;
        _algorithm = algorithm;
    }

    /// <summary>A point of P-256, checked to be on the curve by the caller.</summary>
    /// <param name="algorithm">The only algorithm that the key's publisher allows with it, if it says so.</param>
    public static VerificationKey FromPoint(ReadOnlySpan<byte> x, ReadOnlySpan<byte> y, string? algorithm = null)
    {
        var parameters = P256.PublicParameters(x, y);
        return new VerificationKey(new InstancePool<ECDsa>(() => ECDsa.Create(parameters)), null, algorithm);
    }

    /// <summary>An RSA key of at least 2048 bits (RFC 7518 §3.3), checked by the caller.</summary>
    /// <param name="algorithm">The only algorithm that the key's publisher allows with it, if it says so.</param>
    public static VerificationKey FromModulus(byte[] modulus, byte[] exponent, string? algorithm = null)
    {
        var parameters = new RSAParameters { Modulus = modulus, Exponent = exponent };
        return new VerificationKey(null, new InstancePool<RSA>(() => RSA.Create(parameters)), algorithm);
    }

    /// <summary>Whether the key can be used with <paramref name="algorithm"/>: its type and its publisher's <c>alg</c> both fit.</summary>
    public bool Fits(string algorithm)
        => (_algorithm is null || _algorithm == algorithm)
            && (algorithm == SignatureAlgorithm.ES256 ? _ec is not null : _rsa is not null);

    /// <summary>Whether <paramref name="signature"/> is this key's over <paramref name="data"/>.</summary>
    public bool Verify(string algorithm, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (!Fits(algorithm))
        {
            return false;
        }

        var signed = new Signed { Data = data, Signature = signature };
        return algorithm switch
        {
            // Exactly 64 bytes, r‖s (RFC 7518 §3.4); a DER signature is refused.
            SignatureAlgorithm.ES256 => P256.IsSignatureInRange(signature) && _ec!.Use(signed, static (key, s) => key.VerifyData(
                s.Data, s.Signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation)),
            SignatureAlgorithm.RS256 => _rsa!.Use(signed, static (key, s) => key.VerifyData(
                s.Data, s.Signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)),
            SignatureAlgorithm.PS256 => _rsa!.Use(signed, static (key, s) => key.VerifyData(
                s.Data, s.Signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pss)),
            _ => false,
        };
    }

    public void Dispose()
    {
        _ec?.Dispose();
        _rsa?.Dispose();
    }

    private ref struct Signed
    {
        public ReadOnlySpan<byte> Data;
        public ReadOnlySpan<byte> Signature;
    }
}
