using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using IdentityAuth.Data;
using IdentityAuth.Domain.Tokens;

namespace IdentityAuth.Tokens;

/// <summary>
/// The keys of access tokens in memory: the one that signs, and the published ones as a JWK set. They serve on while Postgres is away.
/// </summary>
internal sealed class SigningKeyRing(SigningKeyStore store, SealedData sealer) : IDisposable
{
    private volatile Snapshot _snapshot = Snapshot.Empty;

    /// <summary>The key that signs.</summary>
    /// <exception cref="InvalidOperationException">The keys have not been read yet.</exception>
    public SigningKey Active => _snapshot.Active ?? throw new InvalidOperationException("The signing keys have not been read.");

    /// <summary>The JWK set (RFC 7517 §5) as JSON, with its entity tag: the signing key first, then the next one, then the retired ones.</summary>
    public (byte[] Json, string ETag) KeySet => (_snapshot.Json, _snapshot.ETag);

    /// <summary>Reads the keys anew.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        var rows = await store.ListAsync(cancellationToken);
        var former = _snapshot;
        var active = rows.Single(row => row.State == SigningKeyRow.Active);
        // The key object is kept while the key stays, with its pool; a replaced one is left to the collector, as a request may be signing.
        var key = former.Active is { } same && same.KeyId == active.Kid
            ? same
            : Import(active);
        _snapshot = new Snapshot(key, rows);
    }

    public void Dispose() => _snapshot.Active?.Dispose();

    private SigningKey Import(SigningKeyRow row)
    {
        var pkcs8 = sealer.Open(row.PrivateKey, SealedKind.SigningKey, row.Kid);
        try
        {
            return SigningKey.Import(pkcs8);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pkcs8);
        }
    }

    private sealed class Snapshot
    {
        public static readonly Snapshot Empty = new(null, []);

        private static readonly FrozenDictionary<string, int> Order =
            new Dictionary<string, int>(StringComparer.Ordinal) { [SigningKeyRow.Active] = 0, [SigningKeyRow.Next] = 1, [SigningKeyRow.Retired] = 2 }.ToFrozenDictionary();

        public Snapshot(SigningKey? active, IReadOnlyList<SigningKeyRow> rows)
        {
            Active = active;
            // Only public members (RFC 7518 §6.2.1), written one by one: what is not named here cannot get out.
            var members = rows
                .OrderBy(row => Order[row.State])
                .ThenByDescending(row => row.CreatedAt)
                .Select(row => $$"""{"kty":"EC","crv":"P-256","x":"{{row.X}}","y":"{{row.Y}}","kid":"{{row.Kid}}","alg":"ES256","use":"sig"}""");
            Json = Encoding.ASCII.GetBytes($$"""{"keys":[{{string.Join(',', members)}}]}""");
            ETag = $"\"{Convert.ToHexStringLower(SHA256.HashData(Json).AsSpan(0, 12))}\"";
        }

        public SigningKey? Active { get; }

        public byte[] Json { get; }

        public string ETag { get; }
    }
}
