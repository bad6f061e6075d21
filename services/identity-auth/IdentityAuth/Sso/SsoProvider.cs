using Microsoft.IdentityModel.Tokens;

namespace IdentityAuth.Sso;

/// <summary>
/// The provider as configured and discovered (OpenID Connect Discovery 1.0 §4). Document and keys are kept for an hour, and on while
/// the provider cannot be reached.
/// </summary>
internal sealed partial class SsoProvider(
    IdentityAuthOptions options, PlatformUrls urls, ProviderDocuments documents, TimeProvider clock, ILogger<SsoProvider> logger) : ISsoGate, IDisposable
{
    private static readonly TimeSpan FreshFor = TimeSpan.FromHours(1);

    /// <summary>The shortest time between two tries, also for a key id that is not known.</summary>
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _fetching = new(1, 1);
    private volatile Kept<ProviderMetadata>? _metadata;
    private volatile Kept<IReadOnlyList<SecurityKey>>? _keys;
    private DateTimeOffset _lastDiscovery = DateTimeOffset.MinValue;
    private DateTimeOffset _lastKeyFetch = DateTimeOffset.MinValue;

    /// <summary>Where the provider sends the browser back to (contract §7.1).</summary>
    public string RedirectUri => Settings.RedirectUri is { Length: > 0 } uri ? uri : $"{urls.App}/auth/sso/callback";

    private SsoOptions Settings => options.Sso;

    public async ValueTask<bool> IsEnforcedAsync(CancellationToken cancellationToken)
        => Settings is { Enabled: true, Enforced: true } && await FindAsync(cancellationToken) is not null;

    public async ValueTask<SsoStatusResponse> GetStatusAsync(CancellationToken cancellationToken)
    {
        var isReady = await FindAsync(cancellationToken) is not null;
        return new SsoStatusResponse(isReady, isReady && Settings.Enforced, Empty(Settings.DisplayName), RedirectUri);
    }

    /// <summary>The provider; <see langword="null"/> if single sign-on is off or what it needs is not known.</summary>
    public ValueTask<ProviderMetadata?> FindAsync(CancellationToken cancellationToken)
    {
        if (!Settings.Enabled)
        {
            return ValueTask.FromResult<ProviderMetadata?>(null);
        }

        if (_metadata is not { } kept)
        {
            return new(DiscoverAsync(cancellationToken));
        }

        if (!IsFresh(kept.At) && _fetching.CurrentCount > 0)
        {
            // Behind the answer: a provider that is silent must not hold up whoever asks, as every client does when it starts.
            _ = DiscoverAsync(CancellationToken.None);
        }

        return ValueTask.FromResult<ProviderMetadata?>(kept.Value);
    }

    /// <summary>The keys that may have signed a token with this key id.</summary>
    /// <exception cref="HttpRequestException">The key set has never been reached.</exception>
    public async Task<IReadOnlyList<SecurityKey>> FindKeysAsync(ProviderMetadata metadata, string? keyId, CancellationToken cancellationToken)
    {
        var kept = _keys;
        if (kept is null || !IsFresh(kept.At) || Matching(kept.Value, keyId).Count == 0)
        {
            kept = await FetchKeysAsync(metadata, keyId, cancellationToken);
        }

        return kept is null ? throw new HttpRequestException("The provider's key set has never been reached.") : Matching(kept.Value, keyId);
    }

    public void Dispose() => _fetching.Dispose();

    // A token without a key id may have been signed with any of them.
    private static IReadOnlyList<SecurityKey> Matching(IReadOnlyList<SecurityKey> keys, string? keyId)
        => string.IsNullOrEmpty(keyId) ? keys : [.. keys.Where(key => key.KeyId == keyId)];

    // One fetch at a time; whoever waited for it takes its result.
    private async Task<ProviderMetadata?> DiscoverAsync(CancellationToken cancellationToken)
    {
        await _fetching.WaitAsync(cancellationToken);
        try
        {
            var kept = _metadata;
            var now = clock.GetUtcNow();
            if ((kept is not null && IsFresh(kept.At)) || now - _lastDiscovery < ShortestInterval)
            {
                return kept?.Value;
            }

            _lastDiscovery = now;
            if (await ReadMetadataAsync(cancellationToken) is { } metadata)
            {
                _metadata = kept = new(metadata, now);
            }

            return kept?.Value;
        }
        finally
        {
            _fetching.Release();
        }
    }

    private async Task<ProviderMetadata?> ReadMetadataAsync(CancellationToken cancellationToken)
    {
        var issuer = Settings.Issuer!;
        if (Settings is { AuthorizationUrl.Length: > 0, TokenUrl.Length: > 0, JwksUrl.Length: > 0 })
        {
            return new ProviderMetadata(issuer, Settings.AuthorizationUrl, Settings.TokenUrl, Empty(Settings.UserInfoUrl), Settings.JwksUrl);
        }

        try
        {
            var document = await documents.GetAsync($"{issuer.TrimEnd('/')}/.well-known/openid-configuration", accessToken: null, cancellationToken);
            // §4.3: the issuer has to be exactly the one that was asked for.
            if (document is not { } json || json.Text("issuer") != issuer)
            {
                LogUnusable("its discovery document is of another issuer, or none");
                return null;
            }

            var found = (
                Authorization: Empty(Settings.AuthorizationUrl) ?? json.Text("authorization_endpoint"),
                Token: Empty(Settings.TokenUrl) ?? json.Text("token_endpoint"),
                UserInfo: Empty(Settings.UserInfoUrl) ?? json.Text("userinfo_endpoint"),
                Jwks: Empty(Settings.JwksUrl) ?? json.Text("jwks_uri"));
            if (Settings.IsAddress(found.Authorization) && Settings.IsAddress(found.Token) && Settings.IsAddress(found.Jwks)
                && (found.UserInfo is null || Settings.IsAddress(found.UserInfo)))
            {
                return new ProviderMetadata(issuer, found.Authorization!, found.Token!, found.UserInfo, found.Jwks!);
            }

            LogUnusable("its discovery document lacks an address, or names one without https");
        }
        catch (Exception exception) when (exception is HttpRequestException or TimeoutException)
        {
            LogUnusable(exception.Message);
        }

        return null;
    }

    private async Task<Kept<IReadOnlyList<SecurityKey>>?> FetchKeysAsync(ProviderMetadata metadata, string? keyId, CancellationToken cancellationToken)
    {
        await _fetching.WaitAsync(cancellationToken);
        try
        {
            var kept = _keys;
            var now = clock.GetUtcNow();
            if ((kept is not null && IsFresh(kept.At) && Matching(kept.Value, keyId).Count > 0) || now - _lastKeyFetch < ShortestInterval)
            {
                return kept;
            }

            _lastKeyFetch = now;
            if (await documents.GetAsync(metadata.JwksUrl, accessToken: null, cancellationToken) is { } json)
            {
                _keys = kept = new([.. new JsonWebKeySet(json.GetRawText()).GetSigningKeys()], now);
            }

            return kept;
        }
        catch (Exception exception) when (exception is HttpRequestException or TimeoutException or ArgumentException)
        {
            LogUnusable(exception.Message);
            return _keys;
        }
        finally
        {
            _fetching.Release();
        }
    }

    private bool IsFresh(DateTimeOffset at) => clock.GetUtcNow() - at < FreshFor;

    private static string? Empty(string? value) => string.IsNullOrEmpty(value) ? null : value;

    [LoggerMessage(1, LogLevel.Warning, "The single sign-on provider cannot be used: {Reason}")]
    private partial void LogUnusable(string reason);

    private sealed record Kept<T>(T Value, DateTimeOffset At);
}
