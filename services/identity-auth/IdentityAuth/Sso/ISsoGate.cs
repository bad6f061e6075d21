namespace IdentityAuth.Sso;

/// <summary>Whether signing in without single sign-on is switched off (contract §1.10).</summary>
internal interface ISsoGate
{
    /// <summary>Enabled, complete and enforced.</summary>
    bool IsEnforced { get; }

    /// <summary>What anybody may know about single sign-on here (contract §7.1).</summary>
    ValueTask<SsoStatusResponse> GetStatusAsync(CancellationToken cancellationToken);
}

/// <summary>Whether there is single sign-on (contract §7.1).</summary>
/// <param name="Enabled">Switched on and complete: what it needs of the provider is known.</param>
/// <param name="Enforced">The only way to sign in.</param>
/// <param name="DisplayName">What the provider is called.</param>
/// <param name="RedirectUri">Where the provider sends people back to.</param>
public sealed record SsoStatusResponse(bool Enabled, bool Enforced, string? DisplayName, string RedirectUri);
