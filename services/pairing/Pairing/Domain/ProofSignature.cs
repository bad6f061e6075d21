using System.Security.Cryptography;
using ServiceDefaults.Jose;

namespace Pairing.Domain;

/// <summary>The phone's signature over the nonce: raw r‖s, 64 bytes, sent as base64url (contract §3.2).</summary>
public sealed class ProofSignature
{
    private readonly byte[] _bytes;

    private ProofSignature(byte[] bytes) => _bytes = bytes;

    /// <summary>
    /// Decodes 86 characters of base64url, or 88 with padding. A DER signature, another length, <c>+</c> and <c>/</c> are not
    /// decodable: <see langword="null"/>, <c>signature_malformed</c>.
    /// </summary>
    public static ProofSignature? Parse(ReadOnlySpan<char> text)
    {
        const int encodedLength = 86;
        if (text.Length == encodedLength + 2 && text.EndsWith("=="))
        {
            text = text[..encodedLength];
        }

        Span<byte> ascii = stackalloc byte[encodedLength];
        if (text.Length != encodedLength || System.Text.Ascii.FromUtf16(text, ascii, out _) != System.Buffers.OperationStatus.Done)
        {
            return null;
        }

        var bytes = new byte[P256.SignatureLength];
        return Base64UrlText.TryDecode(ascii, bytes) ? new ProofSignature(bytes) : null;
    }

    /// <summary>
    /// Whether this is the key's ECDSA signature with SHA-256 over the nonce text. High s is allowed: nothing rests on a
    /// signature being unique.
    /// </summary>
    public bool Proves(string nonce, ECDsa key)
        => P256.IsSignatureInRange(_bytes)
            && key.VerifyData(
                Nonce.ToSignedMessage(nonce), _bytes, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
}
