using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace ScopeSigning.Domain;

/// <summary>
/// A person's identity: an Ed25519 public key of 32 bytes, written as 43 base64url characters. Whether the bytes are a usable
/// key is the verifier's question.
/// </summary>
internal sealed class SubjectKey
{
    public const int Length = 43;

    private readonly byte[] bytes;

    private SubjectKey(string text, byte[] bytes)
    {
        Text = text;
        this.bytes = bytes;
    }

    /// <summary>The form of the path segment <c>{PK}</c> and of the claim <c>sub</c>.</summary>
    public string Text { get; }

    public ReadOnlySpan<byte> Bytes => bytes;

    /// <summary>A short name for logs and queues: the identity itself is told nowhere but in answers and events.</summary>
    public string Fingerprint => Base64UrlText.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(Text)).AsSpan(0, 12));

    public static bool TryParse(string? text, [NotNullWhen(true)] out SubjectKey? key)
    {
        key = text is { Length: Length } && Base64UrlText.TryDecode(text, out var bytes) ? new SubjectKey(text, bytes) : null;
        return key is not null;
    }

    public override string ToString() => Fingerprint;
}
