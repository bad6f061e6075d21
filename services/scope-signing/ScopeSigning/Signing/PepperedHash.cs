using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using ScopeSigning.Domain;

namespace ScopeSigning.Signing;

/// <summary>
/// HMAC-SHA256 under the pepper: the only form in which addresses, numbers and codes stay. Each use begins with a label of its
/// own, so that a hash made for one purpose never answers for another.
/// </summary>
internal sealed class PepperedHash(IOptions<ScopeSigningOptions> options)
{
    private const char Separator = '\u001f';

    private readonly byte[] key = HKDF.DeriveKey(
        HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(options.Value.Pepper!), 32, info: "scope-signing pepper"u8.ToArray());

    /// <summary>Of an address or number in its normal form.</summary>
    public byte[] OfValue(string scope, string normal) => Of("value", scope, normal);

    /// <summary>
    /// Of an e-mail and phone pair, from the hashes of both: one of the two may have been verified long before the other, and
    /// then nothing else of it is kept.
    /// </summary>
    public byte[] OfPair(byte[] email, byte[] phone) => Of("pair", Base64UrlText.Encode(email), Base64UrlText.Encode(phone));

    /// <summary>Of a code, bound to its job: a code of one job never confirms another.</summary>
    public byte[] OfCode(JobId job, string code) => Of("code", job.Text, code);

    /// <summary>Of the secret in the link of a mail.</summary>
    public byte[] OfLinkSecret(JobId job, string secret) => Of("link", job.Text, secret);

    /// <summary>Of the code that revokes a key.</summary>
    public byte[] OfRevocationCode(byte[] pair, string code) => Of("revocation", Base64UrlText.Encode(pair), code);

    /// <summary>Of something that only has to be told apart in Redis, so that its text stays out of key names.</summary>
    public string NameOf(string kind, string text) => Base64UrlText.Encode(Of("name", kind, text));

    private byte[] Of(string label, string first, string second)
        => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(string.Join(Separator, label, first, second)));
}
