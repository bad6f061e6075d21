using DeviceRegistry.Domain.Tokens;
using ServiceDefaults.Jose;

namespace DeviceRegistry.Data;

/// <summary>An issuer's published keys (contract §1.2).</summary>
internal sealed class IssuerKeySet(HttpClient http, Uri address, TimeProvider clock, ILogger logger) : IVerificationKeys
{
    /// <summary>Name of the <see cref="HttpClient"/>: no redirects, so that a key set comes from where it was configured.</summary>
    public const string HttpClientName = "issuer-keys";

    private readonly RemoteKeySet _keys = new(http, address, clock, logger);

    public ValueTask<VerificationKey?> FindAsync(string keyId, CancellationToken cancellationToken) => _keys.FindAsync(keyId, cancellationToken);
}
