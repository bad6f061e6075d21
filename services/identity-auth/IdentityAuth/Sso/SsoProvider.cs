using Microsoft.IdentityModel.Tokens;
using ServiceDefaults.Data;

namespace IdentityAuth.Sso;

/// <summary>
/// The provider as configured and discovered (OpenID Connect Discovery 1.0 §4). Document and keys are kept for an hour, and on while
/// the provider cannot be reached. They are asked for when the service starts, so that the first to sign in does not wait for them.
/// </summary>
internal sealed partial class SsoProvider(
    IdentityAuthOptions options, PlatformUrls urls, ProviderDocuments documents, TimeProvider clock, ILogger<SsoProvider> logger) : ISsoGate, IHostedService
{
    private static readonly TimeSpan FreshFor = TimeSpan.FromHours(1);

    /// <summary>Also for a key id that is not known.</summary>
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(10);

    private readonly SharedDocument<ProviderMetadata> _metadata = new(clock, FreshFor, ShortestInterval);
    private readonly SharedDocument<IReadOnlyList<SecurityKey>> _keys = new(clock, FreshFor, ShortestInterval);

    /// <summary>Where the provider sends the browser back to (contract §7.1).</summary>
    public string RedirectUri => Settings.RedirectUri is { Length: > 0 } uri ? uri : $"{urls.App}/auth/sso/callback";

    /// <summary>
    /// By the settings alone, which are checked when the service starts: a provider that cannot be reached must not open the ways in that
    /// it was to close.
    /// </summary>
    public bool IsEnforced => Settings is { Enabled: true, Enforced: true };

    private SsoOptions Settings => options.Sso;

    /// <summary>Asks the provider, and does not wait for it: its absence keeps nobody from starting.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (Settings.Enabled)
        {
            _ = WarmUpAsync();
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async ValueTask<SsoStatusResponse> GetStatusAsync(CancellationToken cancellationToken)
        => new(await FindAsync(cancellationToken) is not null, IsEnforced, Empty(Settings.DisplayName), RedirectUri);

    /// <summary>The provider; <see langword="null"/> if single sign-on is off or what it needs is not known.</summary>
    public async ValueTask<ProviderMetadata?> FindAsync(CancellationToken cancellationToken)
    {
        if (!Settings.Enabled)
        {
            return null;
        }

        if (!_metadata.IsFresh)
        {
            // Behind the answer where one is known: a provider that is silent must not hold up whoever asks, as every client does when it starts.
            var refresh = _metadata.RefreshAsync(ReadMetadataAsync);
            if (_metadata.Value is null)
            {
                await refresh.WaitAsync(cancellationToken);
            }
        }

        return _metadata.Value;
    }

    /// <summary>
    /// The keys that may have signed a token with this key id. A key that is known is used, and asked for anew behind the answer when it is old:
    /// the token has come from the provider itself, over TLS (OpenID Connect Core §3.1.3.7, item 6).
    /// </summary>
    /// <exception cref="HttpRequestException">The key set has never been reached.</exception>
    public async Task<IReadOnlyList<SecurityKey>> FindKeysAsync(ProviderMetadata metadata, string? keyId, CancellationToken cancellationToken)
    {
        if (_keys.Value is { } known && Matching(known, keyId) is { Count: > 0 } matching)
        {
            if (!_keys.IsFresh)
            {
                _ = _keys.RefreshAsync(() => FetchKeysAsync(metadata));
            }

            return matching;
        }

        await _keys.RefreshAsync(() => FetchKeysAsync(metadata)).WaitAsync(cancellationToken);
        return Matching(_keys.Value ?? throw new HttpRequestException("The provider's key set has never been reached."), keyId);
    }

    // A token without a key id may have been signed with any of them.
    private static IReadOnlyList<SecurityKey> Matching(IReadOnlyList<SecurityKey> keys, string? keyId)
        => string.IsNullOrEmpty(keyId) ? keys : [.. keys.Where(key => key.KeyId == keyId)];

    private async Task WarmUpAsync()
    {
        if (await FindAsync(CancellationToken.None) is { } metadata)
        {
            await _keys.RefreshAsync(() => FetchKeysAsync(metadata));
        }
    }

    private async Task<ProviderMetadata?> ReadMetadataAsync()
    {
        var issuer = Settings.Issuer!;
        if (Settings is { AuthorizationUrl.Length: > 0, TokenUrl.Length: > 0, JwksUrl.Length: > 0 })
        {
            return new ProviderMetadata(issuer, Settings.AuthorizationUrl, Settings.TokenUrl, Empty(Settings.UserInfoUrl), Settings.JwksUrl);
        }

        try
        {
            var document = await documents.GetAsync($"{issuer.TrimEnd('/')}/.well-known/openid-configuration", accessToken: null, CancellationToken.None);
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

    private async Task<IReadOnlyList<SecurityKey>?> FetchKeysAsync(ProviderMetadata metadata)
    {
        try
        {
            return await documents.GetAsync(metadata.JwksUrl, accessToken: null, CancellationToken.None) is { } json
                ? [.. new JsonWebKeySet(json.GetRawText()).GetSigningKeys()]
                : null;
        }
        catch (Exception exception) when (exception is HttpRequestException or TimeoutException or ArgumentException)
        {
            LogUnusable(exception.Message);
            return null;
        }
    }

    private static string? Empty(string? value) => string.IsNullOrEmpty(value) ? null : value;

    [LoggerMessage(1, LogLevel.Warning, "The single sign-on provider cannot be used: {Reason}")]
    private partial void LogUnusable(string reason);
}
