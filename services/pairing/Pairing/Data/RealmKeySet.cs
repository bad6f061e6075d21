using Pairing.Domain;
using ServiceDefaults.Jose;

namespace Pairing.Data;

/// <summary>A realm's published keys (contract §2.4).</summary>
internal sealed class RealmKeySet(HttpClient http, Uri address, TimeProvider clock, ILogger logger) : IVerificationKeys
{
    /// <summary>Name of the <see cref="HttpClient"/>: no redirects, so that a key set comes from where it was configured.</summary>
    public const string HttpClientName = "realm-keys";

    private readonly RemoteKeySet _keys = new(http, address, clock, logger);

    public ValueTask<VerificationKey?> FindAsync(string keyId, CancellationToken cancellationToken) => _keys.FindAsync(keyId, cancellationToken);
}
