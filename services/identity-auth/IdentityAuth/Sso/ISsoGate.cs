namespace IdentityAuth.Sso;

/// <summary>Whether signing in without single sign-on is switched off (contract §1.10).</summary>
internal interface ISsoGate
{
    /// <summary>Enabled, complete and enforced.</summary>
    ValueTask<bool> IsEnforcedAsync(CancellationToken cancellationToken);
}
