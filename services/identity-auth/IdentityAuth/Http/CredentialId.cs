using System.Buffers.Text;

namespace IdentityAuth.Http;

/// <summary>A credential's id in a path.</summary>
internal static class CredentialId
{
    /// <summary>1023 bytes (WebAuthn Level 3 §4) in base64url.</summary>
    private const int MaximumLength = 1364;

    public static byte[]? TryRead(string text)
        => text.Length <= MaximumLength && Base64Url.IsValid(text) && !text.AsSpan().ContainsAny(" \t\r\n=") ? Base64Url.DecodeFromChars(text) : null;
}
