namespace IdentityAuth;

/// <summary>
/// Section <c>IdentityAuth:Sso</c>: single sign-on by OpenID Connect (contract §7). Off by default. Addresses that are not set are read
/// from the issuer's discovery document.
/// </summary>
public sealed class SsoOptions
{
    /// <summary>Whether single sign-on is offered. Default <see langword="false"/>.</summary>
    public bool Enabled { get; set; }

    /// <summary>Whether it is the only way in while it is offered. Default <see langword="true"/>.</summary>
    public bool Enforced { get; set; } = true;

    /// <summary>What the button says. Default: nothing in particular.</summary>
    public string? DisplayName { get; set; }

    /// <summary>The provider's issuer identifier, an https URL; its discovery document is below it. Required when enabled.</summary>
    public string? Issuer { get; set; }

    public string? AuthorizationUrl { get; set; }

    public string? TokenUrl { get; set; }

    /// <summary>Where set or discovered, it wins over the ID token for <c>email</c>, <c>email_verified</c> and <c>name</c>.</summary>
    public string? UserInfoUrl { get; set; }

    public string? JwksUrl { get; set; }

    /// <summary>This platform's name at the provider.</summary>
    public string? ClientId { get; set; }

    /// <summary>Its secret, when the provider gave one out. Secret.</summary>
    public string? ClientSecret { get; set; }

    /// <summary>What is asked for. Default <c>openid email profile</c>; <c>openid</c> has to be in it.</summary>
    public string Scope { get; set; } = "openid email profile";

    /// <summary>Domains of e-mail addresses that may sign in, in any case. Default: all.</summary>
    public IList<string> AllowedDomains { get; } = [];

    /// <summary>Whether somebody without an account gets one. Default <see langword="true"/>.</summary>
    public bool AutoProvision { get; set; } = true;

    /// <summary>Where the provider sends the browser back to. Default <c>{app}/auth/sso/callback</c>.</summary>
    public string? RedirectUri { get; set; }

    /// <summary>
    /// Whether the provider may be on this machine or a private network, and speak http. Default <see langword="false"/>: a setting that
    /// somebody else could influence must not become a way into the inner network. Development only.
    /// </summary>
    public bool AllowLocalAddresses { get; set; }

    /// <summary>What is wrong with these settings, one line each.</summary>
    /// <param name="isDevelopment">Whether local addresses may be allowed.</param>
    public IEnumerable<string> Faults(bool isDevelopment)
    {
        if (AllowLocalAddresses && !isDevelopment)
        {
            yield return "IdentityAuth:Sso:AllowLocalAddresses exists in Development only.";
        }

        if (!Enabled)
        {
            yield break;
        }

        if (!IsAddress(Issuer))
        {
            yield return "IdentityAuth:Sso:Issuer has to be an https URL.";
        }

        if (string.IsNullOrEmpty(ClientId))
        {
            yield return "IdentityAuth:Sso:ClientId is missing.";
        }

        foreach (var (name, value) in new[] { ("AuthorizationUrl", AuthorizationUrl), ("TokenUrl", TokenUrl), ("UserInfoUrl", UserInfoUrl), ("JwksUrl", JwksUrl) })
        {
            if (!string.IsNullOrEmpty(value) && !IsAddress(value))
            {
                yield return $"IdentityAuth:Sso:{name} has to be an https URL.";
            }
        }

        if (!string.IsNullOrEmpty(RedirectUri) && !Uri.TryCreate(RedirectUri, UriKind.Absolute, out _))
        {
            yield return "IdentityAuth:Sso:RedirectUri has to be an absolute URL.";
        }

        if (!Scope.Split(' ').Contains("openid", StringComparer.Ordinal))
        {
            yield return "IdentityAuth:Sso:Scope has to contain openid.";
        }
    }

    internal bool IsAddress(string? value)
        => Uri.TryCreate(value, UriKind.Absolute, out var url)
            && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && AllowLocalAddresses))
            && url.UserInfo.Length == 0;
}
