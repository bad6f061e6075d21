using System.Security.Cryptography;
using System.Text;
using ScopeSigning.Domain;

namespace ScopeSigning.Signing;

/// <summary>RFC 7638 with the members that RFC 8037 §2 requires, in lexicographic order.</summary>
internal static class JwkThumbprint
{
    public static string Of(ReadOnlySpan<byte> publicKey)
        => Base64UrlText.Encode(SHA256.HashData(
            Encoding.ASCII.GetBytes($$"""{"crv":"Ed25519","kty":"OKP","x":"{{Base64UrlText.Encode(publicKey)}}"}""")));
}
