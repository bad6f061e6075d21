namespace IdentityAuth.Sso;

/// <inheritdoc cref="ISsoGate"/>
internal sealed class SsoGate : ISsoGate
{
    // No provider can be configured yet, so none can be enforced.
    public ValueTask<bool> IsEnforcedAsync(CancellationToken cancellationToken) => ValueTask.FromResult(false);
}
