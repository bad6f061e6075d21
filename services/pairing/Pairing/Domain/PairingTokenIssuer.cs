using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using ServiceDefaults.Jose;

namespace Pairing.Domain;

/// <summary>Makes the token that stands in the QR code (RFC 7515 §5.1, RFC 7519 §7.1).</summary>
public sealed class PairingTokenIssuer(KeyRing keys, string issuer, string audience)
{
    /// <summary>Claim <c>iss</c> of our tokens.</summary>
    public string Issuer => issuer;

    /// <summary>Signs a token. No user name is in it: a QR code may be photographed.</summary>
    /// <param name="issuedAt">Seconds since the epoch.</param>
    /// <param name="expiresAt">Seconds since the epoch.</param>
    public string Issue(Guid jti, Guid tenantId, Guid userId, long issuedAt, long expiresAt)
    {
        var key = keys.Signing;
        var buffer = new ArrayBufferWriter<byte>(1024);
        var part = new ArrayBufferWriter<byte>(512);
        using var writer = new Utf8JsonWriter(part);

        writer.WriteStartObject();
        writer.WriteString("alg"u8, SignatureAlgorithm.ES256);
        writer.WriteString("kid"u8, key.KeyId);
        writer.WriteString("typ"u8, "JWT"u8);
        writer.WriteEndObject();
        writer.Flush();
        Append(buffer, part.WrittenSpan);
        buffer.Write("."u8);

        part.ResetWrittenCount();
        writer.Reset();
        writer.WriteStartObject();
        writer.WriteString("iss"u8, issuer);
        writer.WriteStartArray("aud"u8);
        writer.WriteStringValue(audience);
        writer.WriteEndArray();
        writer.WriteNumber("iat"u8, issuedAt);
        writer.WriteNumber("exp"u8, expiresAt);
        writer.WriteString("jti"u8, jti);
        writer.WriteString("tenantId"u8, tenantId);
        writer.WriteString("userId"u8, userId);
        writer.WriteEndObject();
        writer.Flush();
        Append(buffer, part.WrittenSpan);

        var signature = key.Sign(buffer.WrittenSpan);
        buffer.Write("."u8);
        Append(buffer, signature);
        return Encoding.ASCII.GetString(buffer.WrittenSpan);
    }

    private static void Append(ArrayBufferWriter<byte> buffer, ReadOnlySpan<byte> bytes)
    {
        var text = buffer.GetSpan(Base64Url.GetEncodedLength(bytes.Length));
        buffer.Advance(Base64Url.EncodeToUtf8(bytes, text));
    }
}
