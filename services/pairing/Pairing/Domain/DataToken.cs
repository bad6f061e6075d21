using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using ServiceDefaults.Jose;

namespace Pairing.Domain;

/// <summary>
/// The data token of complete (contract §3.3): a compact JWE (ECDH-ES, A256GCM) to one of our keys around a compact JWS (ES256) of
/// the phone's key around its reference measurement.
/// </summary>
public static class DataToken
{
    /// <summary>The longest token that is looked at, in characters.</summary>
    public const int MaximumLength = 1_048_576;

    private const int MaximumHeaderLength = 8 * 1024;
    private const int InitializationVectorLength = 12;
    private const int TagLength = 16;

    private static ReadOnlySpan<byte> ContentEncryption => "A256GCM"u8;

    // r = s = 1: in range, so that its verification does all the work, and no signature of anybody.
    private static readonly byte[] NobodysSignature = CreateNobodysSignature();

    /// <summary>
    /// Opens a data token. Every fault gives the same answer, and a token that does not decrypt costs what one costs whose
    /// signature is wrong: the caller learns nothing about our key from trying.
    /// </summary>
    /// <param name="token">The compact token as it came.</param>
    /// <param name="current">The key to which phones encrypt now.</param>
    /// <param name="previous">The key before it, while it is still good.</param>
    /// <param name="deviceKey">The public key of the phone of this pairing.</param>
    /// <param name="now">The time against which the payload's <c>exp</c> is judged.</param>
    /// <param name="measurement">The reference measurement: the JSON of <c>refEcg</c> as the phone wrote it.</param>
    public static bool TryOpen(
        ReadOnlySpan<byte> token,
        DecryptionKey current,
        DecryptionKey? previous,
        ECDsa deviceKey,
        DateTimeOffset now,
        out byte[] measurement)
    {
        measurement = [];

        // 1. Size before any work; five parts, the second (encrypted key) empty in direct agreement (RFC 7516 §5.2, RFC 7518 §4.6).
        if (token.Length > MaximumLength || !TrySplit(token, out Span<Range> parts, stackalloc Range[6]) || !token[parts[1]].IsEmpty)
        {
            return false;
        }

        var protectedPart = token[parts[0]];
        if (protectedPart.Length > MaximumHeaderLength)
        {
            return false;
        }

        // 2. The header: algorithms, ephemeral key, party information.
        using var header = JoseJson.ParseObject(protectedPart);
        if (header is null || !TryReadHeader(header.RootElement, out var ephemeralKey, out var partyU, out var partyV))
        {
            return false;
        }

        using var sender = ECDiffieHellman.Create(ephemeralKey);

        // 3. Initialization vector, tag and ciphertext (RFC 7518 §5.3: 96 and 128 bits).
        Span<byte> iv = stackalloc byte[InitializationVectorLength];
        Span<byte> tag = stackalloc byte[TagLength];
        if (!Base64UrlText.TryDecode(token[parts[2]], iv) || !Base64UrlText.TryDecode(token[parts[4]], tag))
        {
            return false;
        }

        var length = Base64UrlText.DecodedLength(token[parts[3]].Length);
        var ciphertextBuffer = ArrayPool<byte>.Shared.Rent(length);
        var plaintextBuffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            var ciphertext = ciphertextBuffer.AsSpan(0, length);
            var plaintext = plaintextBuffer.AsSpan(0, length);
            if (!Base64UrlText.TryDecode(token[parts[3]], ciphertext))
            {
                return false;
            }

            // 4. Decrypt. While there are two keys, both are tried always: how long it takes does not tell which one fitted.
            plaintext.Clear();
            var decrypted = TryDecrypt(current, sender, partyU, partyV, protectedPart, iv, ciphertext, tag, plaintext);
            if (previous is not null)
            {
                var secondBuffer = ArrayPool<byte>.Shared.Rent(length);
                var second = secondBuffer.AsSpan(0, length);
                if (TryDecrypt(previous, sender, partyU, partyV, protectedPart, iv, ciphertext, tag, second))
                {
                    second.CopyTo(plaintext);
                    decrypted = true;
                }

                Return(secondBuffer, length);
            }

            // 5. The signature over what was decrypted; over zeros of the same length when nothing was.
            return VerifyInner(plaintext, decrypted, deviceKey, now, out measurement);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(ciphertextBuffer);
            Return(plaintextBuffer, length);
        }
    }

    private static bool TrySplit(ReadOnlySpan<byte> token, out Span<Range> parts, Span<Range> ranges)
    {
        parts = ranges;
        var count = 0;
        foreach (var range in token.Split((byte)'.'))
        {
            if (count == 5)
            {
                return false;
            }

            ranges[count++] = range;
        }

        return count == 5;
    }

    private static bool TryReadHeader(JsonElement header, out ECParameters ephemeralKey, out byte[] partyU, out byte[] partyV)
    {
        ephemeralKey = default;
        partyU = partyV = [];

        // a. Exactly these algorithms; no compression, no extension that we would have to understand (RFC 7516 §4.1.3, §4.1.13).
        if (header.StringOrNull("alg"u8) != "ECDH-ES"
            || header.StringOrNull("enc"u8) != "A256GCM"
            || header.Has("zip"u8)
            || header.Has("crit"u8))
        {
            return false;
        }

        // b. The ephemeral key: a point of P-256. One that is not on the curve would leak our key bit by bit (RFC 8725 §3.5).
        if (!header.TryGetProperty("epk"u8, out var epk)
            || epk.ValueKind != JsonValueKind.Object
            || epk.StringOrNull("kty"u8) != "EC"
            || epk.StringOrNull("crv"u8) != "P-256"
            || !JsonWebKeys.TryReadPoint(epk, out var x, out var y))
        {
            return false;
        }

        ephemeralKey = P256.PublicParameters(x, y);

        // c. Party information, optional (RFC 7518 §4.6.1.2, §4.6.1.3).
        return TryReadParty(header, "apu"u8, out partyU) && TryReadParty(header, "apv"u8, out partyV);
    }

    private static bool TryReadParty(JsonElement header, ReadOnlySpan<byte> name, out byte[] party)
    {
        party = [];
        if (!header.Has(name))
        {
            return true;
        }

        var decoded = header.StringOrNull(name) is { } text ? Base64UrlText.Decode(System.Text.Encoding.UTF8.GetBytes(text)) : null;
        party = decoded ?? [];
        return decoded is not null;
    }

    private static bool TryDecrypt(
        DecryptionKey key,
        ECDiffieHellman sender,
        byte[] partyU,
        byte[] partyV,
        ReadOnlySpan<byte> protectedPart,
        ReadOnlySpan<byte> iv,
        ReadOnlySpan<byte> ciphertext,
        ReadOnlySpan<byte> tag,
        Span<byte> plaintext)
    {
        var z = key.AgreeOn(sender.PublicKey);
        var contentKey = ConcatKdf.DeriveKey(z, ContentEncryption, partyU, partyV);
        try
        {
            using var cipher = new AesGcm(contentKey, TagLength);
            cipher.Decrypt(iv, ciphertext, tag, plaintext, protectedPart);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(z);
            CryptographicOperations.ZeroMemory(contentKey);
        }
    }

    private static bool VerifyInner(ReadOnlySpan<byte> jws, bool decrypted, ECDsa deviceKey, DateTimeOffset now, out byte[] measurement)
    {
        measurement = [];

        // Whatever is wrong from here on is only noted, and one verification is done in any case: see TryOpen.
        ReadOnlySpan<byte> signed = jws;
        ReadOnlySpan<byte> payload = default;
        Span<byte> signature = stackalloc byte[P256.SignatureLength];
        var acceptable = decrypted;

        // a. Three parts (RFC 7515 §5.2 step 1).
        var first = jws.IndexOf((byte)'.');
        var last = jws.LastIndexOf((byte)'.');
        if (first > 0 && last > first && jws[(first + 1)..last].IndexOf((byte)'.') < 0 && first <= MaximumHeaderLength)
        {
            signed = jws[..last];
            payload = jws[(first + 1)..last];

            // b. The header: ES256, nothing critical, the payload encoded (RFC 7797). Key hints in it are not looked at.
            using var header = JoseJson.ParseObject(jws[..first]);
            acceptable &= header is not null
                && header.RootElement.StringOrNull("alg"u8) == SignatureAlgorithm.ES256
                && !header.RootElement.Has("crit"u8)
                && !header.RootElement.Has("b64"u8);

            // c. 64 bytes of signature.
            acceptable &= Base64UrlText.TryDecode(jws[(last + 1)..], signature);
        }
        else
        {
            acceptable = false;
        }

        if (!acceptable || !P256.IsSignatureInRange(signature))
        {
            acceptable = false;
            NobodysSignature.CopyTo(signature);
        }

        // d. By the key of this pairing, whatever the header names.
        var verified = deviceKey.VerifyData(
            signed, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

        // e. The payload.
        return acceptable & verified && MeasurementPayload.TryRead(payload, now, out measurement);
    }

    private static void Return(byte[] buffer, int length)
    {
        // Health data does not stay behind in a pool.
        CryptographicOperations.ZeroMemory(buffer.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(buffer);
    }

    private static byte[] CreateNobodysSignature()
    {
        var signature = new byte[P256.SignatureLength];
        signature[P256.FieldLength - 1] = 1;
        signature[^1] = 1;
        return signature;
    }
}
