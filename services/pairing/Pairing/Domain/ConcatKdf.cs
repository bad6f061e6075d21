using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Pairing.Domain;

/// <summary>The key derivation of ECDH-ES in direct agreement (RFC 7518 §4.6.2; NIST SP 800-56A §5.8.1, SHA-256, one round).</summary>
public static class ConcatKdf
{
    /// <summary>Derives the content encryption key.</summary>
    /// <param name="z">The shared secret Z.</param>
    /// <param name="algorithm">AlgorithmID: the value of <c>enc</c> in direct agreement.</param>
    /// <param name="partyU">PartyUInfo: <c>apu</c>, decoded; empty when absent.</param>
    /// <param name="partyV">PartyVInfo: <c>apv</c>, decoded; empty when absent.</param>
    /// <param name="keyLength">Bytes of the key, at most 32: what one round gives.</param>
    public static byte[] DeriveKey(
        ReadOnlySpan<byte> z, ReadOnlySpan<byte> algorithm, ReadOnlySpan<byte> partyU, ReadOnlySpan<byte> partyV, int keyLength = SHA256.HashSizeInBytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(keyLength, SHA256.HashSizeInBytes);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, 1); // the round
        hash.AppendData(z);
        AppendWithLength(hash, algorithm);
        AppendWithLength(hash, partyU);
        AppendWithLength(hash, partyV);
        Append(hash, (uint)keyLength * 8); // SuppPubInfo; SuppPrivInfo is empty
        return hash.GetHashAndReset()[..keyLength];
    }

    private static void AppendWithLength(IncrementalHash hash, ReadOnlySpan<byte> value)
    {
        Append(hash, (uint)value.Length);
        hash.AppendData(value);
    }

    private static void Append(IncrementalHash hash, uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        hash.AppendData(bytes);
    }
}
