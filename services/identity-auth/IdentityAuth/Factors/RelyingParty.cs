using IdentityAuth.Domain.Passkeys;

namespace IdentityAuth.Factors;

/// <summary>Who this platform is to an authenticator (WebAuthn Level 3 §4, relying party).</summary>
internal sealed class RelyingParty
{
    public RelyingParty(IdentityAuthOptions options, PlatformUrls urls)
    {
        Id = options.WebAuthn.RpId is { Length: > 0 } id ? id : new Uri(urls.App).IdnHost;
        Name = options.WebAuthn.RpName;
        Origins = options.WebAuthn.Origins.Count > 0 ? [.. options.WebAuthn.Origins] : [urls.AppOrigin];
    }

    public string Id { get; }

    public string Name { get; }

    public IReadOnlyList<string> Origins { get; }

    public PasskeyCeremony CreateCeremony() => new(Id, Origins);
}
