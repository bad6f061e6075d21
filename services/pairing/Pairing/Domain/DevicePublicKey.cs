using System.Buffers.Text;
using System.Security.Cryptography;
using ServiceDefaults.Jose;

namespace Pairing.Domain;

/// <summary>
/// A phone's public key: a point of P-256, nothing else. Reads the spellings that contract §3.1 admits and keeps one.
/// </summary>
public sealed class DevicePublicKey
{
    /// <summary>The longest text that is looked at, in characters.</summary>
    public const int MaximumTextLength = 2048;

    private const string Begin = "-----BEGIN ";
    private const string Blank = " \t\r\n";

    // RFC 5480 §2: SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING (no unused bits) { 04 x y } }.
    // DER has one encoding for a value, and an uncompressed point of P-256 one length. So a key that starts with these bytes and
    // is 91 bytes long is what we want, and whatever is not – other curves, explicit parameters, compressed points (02, 03),
    // infinity (00), trailing bytes, RSA, certificates, private keys – differs here.
    private static ReadOnlySpan<byte> DerHeader =>
    [
        0x30, 0x59, 0x30, 0x13,
        0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
        0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07,
        0x03, 0x42, 0x00, 0x04,
    ];

    private static int DerLength => DerHeader.Length + (2 * P256.FieldLength);

    private readonly byte[] _der;

    private DevicePublicKey(byte[] der)
    {
        _der = der;
        Thumbprint = KeyThumbprint.Of(der);
    }

    /// <summary>The key as SubjectPublicKeyInfo in DER, 91 bytes.</summary>
    public ReadOnlySpan<byte> SubjectPublicKeyInfo => _der;

    /// <summary>SHA-256 of <see cref="SubjectPublicKeyInfo"/>.</summary>
    public KeyThumbprint Thumbprint { get; }

    /// <summary>The canonical text: label <c>PUBLIC KEY</c>, lines of 64 characters, LF, no line end after the last line.</summary>
    public string ToPem() => PemEncoding.WriteString("PUBLIC KEY", _der);

    /// <summary><see cref="SubjectPublicKeyInfo"/> as base64url without padding, 122 characters.</summary>
    public string ToBase64Url() => Base64Url.EncodeToString(_der);

    /// <summary>A verifier for signatures of this key; the caller disposes it.</summary>
    public ECDsa CreateVerifier() => ECDsa.Create(P256.PublicParameters(
        _der.AsSpan(DerHeader.Length, P256.FieldLength),
        _der.AsSpan(DerHeader.Length + P256.FieldLength)));

    /// <summary>Reads PEM (labels <c>PUBLIC KEY</c> and <c>EC PUBLIC KEY</c>) or the bare base64 of the DER.</summary>
    /// <returns><see langword="null"/> when the text is anything else.</returns>
    public static DevicePublicKey? Parse(ReadOnlySpan<char> text)
    {
        // 1. Size before any work.
        if (text.Length > MaximumTextLength)
        {
            return null;
        }

        // 2. Nothing but white space before and after; one block, its two labels equal.
        var body = text.Trim(Blank);
        if (body.StartsWith(Begin, StringComparison.Ordinal) && !TryUnwrap(ref body, "PUBLIC KEY") && !TryUnwrap(ref body, "EC PUBLIC KEY"))
        {
            return null;
        }

        // 3. base64 with padding; line breaks anywhere in it, no other white space.
        //    Four characters more than needed show that a text is too long without decoding all of it.
        Span<byte> base64 = stackalloc byte[Base64.GetMaxEncodedToUtf8Length(DerLength)];
        var length = 0;
        foreach (var character in body)
        {
            if (character is '\r' or '\n')
            {
                continue;
            }

            if (!char.IsAscii(character) || length == base64.Length)
            {
                return null;
            }

            base64[length++] = (byte)character;
        }

        // The framework's decoder skips blanks, which step 3 does not admit.
        if (length != base64.Length || base64.ContainsAny(" \t"u8))
        {
            return null;
        }

        Span<byte> der = stackalloc byte[Base64.GetMaxDecodedFromUtf8Length(base64.Length)];
        if (Base64.DecodeFromUtf8(base64, der, out _, out var written) != System.Buffers.OperationStatus.Done)
        {
            return null;
        }

        return FromSubjectPublicKeyInfo(der[..written]);
    }

    /// <summary>Takes the DER of a SubjectPublicKeyInfo.</summary>
    /// <returns><see langword="null"/> when it is not an uncompressed point of P-256.</returns>
    public static DevicePublicKey? FromSubjectPublicKeyInfo(ReadOnlySpan<byte> der)
    {
        if (der.Length != DerLength || !der.StartsWith(DerHeader))
        {
            return null;
        }

        var x = der.Slice(DerHeader.Length, P256.FieldLength);
        var y = der[(DerHeader.Length + P256.FieldLength)..];
        return P256.IsOnCurve(x, y) ? new DevicePublicKey(der.ToArray()) : null;
    }

    private static bool TryUnwrap(ref ReadOnlySpan<char> block, ReadOnlySpan<char> label)
    {
        var rest = block[Begin.Length..];
        if (!rest.StartsWith(label, StringComparison.Ordinal) || !rest[label.Length..].StartsWith("-----", StringComparison.Ordinal))
        {
            return false;
        }

        rest = rest[(label.Length + 5)..];
        Span<char> end = stackalloc char[32];
        end.TryWrite($"-----END {label}-----", out var endLength);
        if (!rest.EndsWith(end[..endLength], StringComparison.Ordinal))
        {
            return false;
        }

        block = rest[..^endLength];
        return true;
    }

    public override string ToString() => Thumbprint.ToString();
}
