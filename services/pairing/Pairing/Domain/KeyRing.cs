using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ServiceDefaults.Jose;

namespace Pairing.Domain;

/// <summary>
/// The service's own keys: one pair to sign pairing tokens, one to which phones encrypt their data token, and for 24 hours after a
/// rotation the pairs before them.
/// </summary>
public sealed class KeyRing : IDisposable
{
    /// <summary>How long the previous keys stay good after a rotation (contract §8).</summary>
    public static readonly TimeSpan Overlap = TimeSpan.FromHours(24);

    private const string SigningPurpose = "platform/pairing/signing/v1";
    private const string EncryptionPurpose = "platform/pairing/encryption/v1";

    private readonly TimeProvider _clock;
    private readonly DateTimeOffset _previousUntil;
    private readonly SigningKey _signing;
    private readonly SigningKey? _previousSigning;
    private readonly DecryptionKey _decryption;
    private readonly DecryptionKey? _previousDecryption;
    private readonly byte[] _jwkSet;
    private readonly byte[] _jwkSetWithPrevious;

    /// <param name="seed">The secret of the current keys.</param>
    /// <param name="previousSeed">The secret before it, if there was a rotation.</param>
    /// <param name="rotatedAt">When it was replaced.</param>
    public KeyRing(string seed, string? previousSeed, DateTimeOffset? rotatedAt, TimeProvider clock)
    {
        _clock = clock;
        (_signing, _decryption) = Derive(seed);
        _jwkSet = WriteJwkSet(_decryption, [_signing]);
        _jwkSetWithPrevious = _jwkSet;
        if (previousSeed is not null && rotatedAt is { } rotated)
        {
            (_previousSigning, _previousDecryption) = Derive(previousSeed);
            _previousUntil = rotated + Overlap;
            _jwkSetWithPrevious = WriteJwkSet(_decryption, [_signing, _previousSigning]);
        }
    }

    /// <summary>The key that signs new tokens.</summary>
    public SigningKey Signing => _signing;

    /// <summary>The key to which phones encrypt.</summary>
    public DecryptionKey Decryption => _decryption;

    /// <summary>The key before it, while it is still good.</summary>
    public DecryptionKey? PreviousDecryption => HasPrevious ? _previousDecryption : null;

    /// <summary>
    /// The JWK set (RFC 7517 §5) in JSON: the encryption key at index 0, because both published clients take the first entry
    /// without looking at <c>use</c>, then the signing keys.
    /// </summary>
    public ReadOnlyMemory<byte> JwkSet => HasPrevious ? _jwkSetWithPrevious : _jwkSet;

    private bool HasPrevious => _previousSigning is not null && _clock.GetUtcNow() < _previousUntil;

    /// <summary>The verification key with that id, if it is one of ours and still good.</summary>
    public VerificationKey? FindVerificationKey(ReadOnlySpan<char> keyId)
    {
        if (keyId.SequenceEqual(_signing.KeyId))
        {
            return _signing.Verification;
        }

        return HasPrevious && keyId.SequenceEqual(_previousSigning!.KeyId) ? _previousSigning.Verification : null;
    }

    public void Dispose()
    {
        _signing.Dispose();
        _previousSigning?.Dispose();
        _decryption.Dispose();
        _previousDecryption?.Dispose();
    }

    private static (SigningKey, DecryptionKey) Derive(string seed)
    {
        var bytes = Encoding.UTF8.GetBytes(seed);
        try
        {
            return (new SigningKey(DerivedKeyPair.Derive(bytes, SigningPurpose)), new DecryptionKey(DerivedKeyPair.Derive(bytes, EncryptionPurpose)));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    private static byte[] WriteJwkSet(DecryptionKey encryption, ReadOnlySpan<SigningKey> signing)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("keys"u8);
            WriteJwk(writer, encryption.Pair, "enc"u8, "ECDH-ES"u8);
            foreach (var key in signing)
            {
                WriteJwk(writer, key.Pair, "sig"u8, "ES256"u8);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    // Only public members (RFC 7518 §6.2.1), written one by one: what is not named here cannot get out.
    private static void WriteJwk(Utf8JsonWriter writer, DerivedKeyPair pair, ReadOnlySpan<byte> use, ReadOnlySpan<byte> algorithm)
    {
        writer.WriteStartObject();
        writer.WriteString("kty"u8, "EC"u8);
        writer.WriteString("crv"u8, "P-256"u8);
        writer.WriteString("x"u8, pair.X);
        writer.WriteString("y"u8, pair.Y);
        writer.WriteString("kid"u8, pair.KeyId);
        writer.WriteString("use"u8, use);
        writer.WriteString("alg"u8, algorithm);
        writer.WriteEndObject();
    }
}

/// <summary>Signs pairing tokens (ES256, RFC 7518 §3.4).</summary>
public sealed class SigningKey : IDisposable
{
    private readonly InstancePool<ECDsa> _pool;

    internal SigningKey(DerivedKeyPair pair)
    {
        Pair = pair;
        _pool = new InstancePool<ECDsa>(() => ECDsa.Create(pair.Parameters));
        Verification = VerificationKey.FromPoint(pair.Parameters.Q.X, pair.Parameters.Q.Y);
    }

    public string KeyId => Pair.KeyId;

    internal DerivedKeyPair Pair { get; }

    /// <summary>The public half.</summary>
    internal VerificationKey Verification { get; }

    /// <summary>Signs <paramref name="data"/>: 64 bytes, r‖s.</summary>
    public byte[] Sign(ReadOnlySpan<byte> data) => _pool.Use(
        data, static (key, data) => key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));

    public void Dispose()
    {
        _pool.Dispose();
        Verification.Dispose();
    }
}

/// <summary>The private half of the key to which phones encrypt their data token.</summary>
public sealed class DecryptionKey : IDisposable
{
    private readonly InstancePool<ECDiffieHellman> _pool;

    internal DecryptionKey(DerivedKeyPair pair)
    {
        Pair = pair;
        _pool = new InstancePool<ECDiffieHellman>(() => ECDiffieHellman.Create(pair.Parameters));
    }

    internal DerivedKeyPair Pair { get; }

    /// <summary>
    /// The shared secret Z with a sender's ephemeral key, 32 bytes (RFC 6090 §4, NIST SP 800-56A §5.7.1.2).
    /// </summary>
    /// <param name="ephemeralKey">A point that was checked to be on the curve.</param>
    public byte[] AgreeOn(ECDiffieHellmanPublicKey ephemeralKey)
        => _pool.Use(ephemeralKey, static (key, other) => key.DeriveRawSecretAgreement(other));

    public void Dispose() => _pool.Dispose();
}
