using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using ScopeSigning.Data;
using ScopeSigning.Domain;

namespace ScopeSigning.Signing;

/// <summary>
/// The published keys of both issuers, in memory: key sets are served and scope tokens are verified from here, even while
/// Postgres is away. Holds no private key.
/// </summary>
internal sealed class IssuerKeyRing(IssuerKeyStore store)
{
    private volatile Snapshot snapshot = new([]);

    public async Task RefreshAsync(CancellationToken cancellationToken) => snapshot = new Snapshot(await store.ListAsync(cancellationToken));

    /// <summary>The real issuer's published key, or <see langword="null"/>.</summary>
    public byte[]? FindReal(string kid) => snapshot.Real.GetValueOrDefault(kid);

    /// <summary>The key set (RFC 7517 §5, RFC 8037 §2) as JSON, with its entity tag.</summary>
    public (byte[] Json, string ETag) KeySet(bool test) => test ? snapshot.TestSet : snapshot.RealSet;

    private sealed class Snapshot
    {
        public Snapshot(IReadOnlyList<IssuerKeyRow> keys)
        {
            Real = keys.Where(key => !key.Test).ToFrozenDictionary(key => key.Kid, key => key.PublicKey, StringComparer.Ordinal);
            RealSet = Write(keys.Where(key => !key.Test));
            TestSet = Write(keys.Where(key => key.Test));
        }

        public FrozenDictionary<string, byte[]> Real { get; }

        public (byte[] Json, string ETag) RealSet { get; }

        public (byte[] Json, string ETag) TestSet { get; }

        private static (byte[] Json, string ETag) Write(IEnumerable<IssuerKeyRow> keys)
        {
            var members = keys
                // The signing key first, for readers that take the first one.
                .OrderBy(key => key.State switch { "active" => 0, "next" => 1, _ => 2 })
                .ThenByDescending(key => key.CreatedAt)
                .Select(key => $$"""{"kty":"OKP","crv":"Ed25519","x":"{{Base64UrlText.Encode(key.PublicKey)}}","kid":"{{key.Kid}}","alg":"EdDSA","use":"sig"}""");
            var json = Encoding.ASCII.GetBytes($$"""{"keys":[{{string.Join(',', members)}}]}""");
            return (json, $"\"{Base64UrlText.Encode(SHA256.HashData(json).AsSpan(0, 12))}\"");
        }
    }
}
