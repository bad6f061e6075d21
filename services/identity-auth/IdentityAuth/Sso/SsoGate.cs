namespace IdentityAuth.Sso;

/// <inheritdoc cref="ISsoGate"/>
internal sealed class SsoGate(PlatformUrls urls) : ISsoGate
{
    // No provider can be configured yet, so none can be enforced.
    public ValueTask<bool> IsEnforcedAsync(CancellationToken cancellationToken) => ValueTask.FromResult(false);

    public ValueTask<SsoStatusResponse> GetStatusAsync(CancellationToken cancellationToken)
        => ValueTask.FromResult(new SsoStatusResponse(Enabled: false, Enforced: false, DisplayName: null, $"{urls.App}/auth/sso/callback"));
}
