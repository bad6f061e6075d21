using Microsoft.Extensions.Options;

namespace ScopeSigning.Domain;

/// <summary>Who signs what, from the settings.</summary>
internal sealed class ScopeSigners
{
    private readonly ScopeSigningOptions options;

    public ScopeSigners(IOptions<ScopeSigningOptions> options)
    {
        this.options = options.Value;
        Authorities = [.. this.options.Authorities.Select(static authority => Authority.TryCreate(authority, out var parsed) ? parsed : null).OfType<Authority>()];
    }

    public IReadOnlyList<Authority> Authorities { get; }

    /// <summary>Whether test jobs are taken: switched on, and there is a sink for their messages.</summary>
    public bool TestMode => options.Test.Enabled && options.Delivery.TestSinkUrl is not null;

    /// <summary>The signer of a scope, or <see langword="null"/> when none is set up for it.</summary>
    public string? SignerOf(string scope, bool test)
    {
        var signer = scope switch
        {
            ScopeKind.Email => options.Scopes.Email.Signer,
            ScopeKind.Phone => options.Scopes.Phone.Signer,
            _ => options.Scopes.Address.Signer,
        };
        return signer == ScopeSigner.BuiltIn || Authorities.Any(authority => authority.Test == test && authority.Scopes.Contains(scope)) ? signer : null;
    }

    public TimeSpan WaitingLifetimeOf(string scope) => scope switch
    {
        ScopeKind.Email => options.Ttl.Waiting.Email,
        ScopeKind.Phone => options.Ttl.Waiting.Phone,
        _ => options.Ttl.Waiting.Address,
    };
}
