using Microsoft.Extensions.Options;
using ServiceDefaults.Jose;

namespace DeviceRegistry;

/// <summary>The settings of this service, section <c>DeviceRegistry</c>. Read once, checked at start.</summary>
public sealed class DeviceRegistryOptions
{
    public const string SectionName = "DeviceRegistry";

    /// <summary>
    /// The secret from which the AES-256 key for push tokens is derived. At least 43 characters, which is 256 random bits in base64url. Required.
    /// Secret, and to be kept as long as the database: what is sealed with it cannot be read without it.
    /// </summary>
    public string? DataKey { get; set; }

    /// <summary>The data key before <see cref="DataKey"/>: values sealed with it can still be opened. Default: none. Secret.</summary>
    public string? PreviousDataKey { get; set; }

    /// <summary>
    /// Where identity-auth publishes its keys. Its tokens have <c>iss</c> = <c>{Platform:BaseUrl}/identity-auth</c> and <c>aud</c> =
    /// <c>platform</c>. Default: by service discovery, from service to service.
    /// </summary>
    public string IdentityAuthJwksUri { get; set; } = "https+http://identity-auth/identity-auth/.well-known/jwks.json";

    /// <summary>Token issuers beside identity-auth. Default: none.</summary>
    public IList<IssuerOptions> Issuers { get; } = [];

    /// <summary>
    /// Origins whose pages may call with credentials, such as <c>https://app.example</c>. Default: the platform's own,
    /// <c>Platform:BaseUrl</c>. Never <c>*</c>.
    /// </summary>
    public IList<string> AllowedOrigins { get; } = [];

    /// <summary>Whether heartbeats and key requests are limited (contract §5.8, §5.14). Default <see langword="true"/>; off only in tests of something else.</summary>
    public bool RateLimits { get; set; } = true;

    /// <summary>
    /// Stands behind <c>device-registry:</c> in the names of Redis keys: up to 64 of <c>a</c>–<c>z</c>, <c>0</c>–<c>9</c>, <c>-</c>. Default: empty.
    /// For several installations on one Redis.
    /// </summary>
    public string RedisNamespace { get; set; } = "";

    /// <summary>
    /// How often one instance looks for key requests and pending devices whose end has come, 100 ms – 1 h. Default 1 min, as contract §3.2 says.
    /// </summary>
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromMinutes(1);
}

/// <summary>An issuer whose tokens are accepted (contract §1.2): <c>DeviceRegistry:Issuers:0:Issuer</c> and so on. It is trusted wholly: also with global roles.</summary>
public sealed class IssuerOptions
{
    /// <summary>Claim <c>iss</c>, compared exactly. Required; no two alike.</summary>
    public string Issuer { get; set; } = "";

    /// <summary>Where the issuer publishes its keys. Required; HTTPS, except in Development.</summary>
    public string JwksUri { get; set; } = "";

    /// <summary>What claim <c>aud</c> has to contain. Required: a token made for somebody else must not pass.</summary>
    public string Audience { get; set; } = "";

    /// <summary>Accepted algorithms, of <c>ES256</c>, <c>RS256</c>, <c>PS256</c>. Default: all three.</summary>
    public IList<string> Algorithms { get; } = [];

    /// <summary>
    /// Stands before the subjects of this issuer's tokens, so that one who is <c>42</c> here is not taken for the <c>42</c> of another issuer.
    /// Up to 64 characters. Default: empty.
    /// </summary>
    public string IdentityPrefix { get; set; } = "";

    /// <summary>Whether it tells an e-mail address only when it has verified it. Default <see langword="false"/>: claim <c>email_verified</c> counts.</summary>
    public bool VouchesForEmail { get; set; }
}

/// <summary>Checks the settings at start: a service that starts is one that can work.</summary>
public sealed class DeviceRegistryOptionsValidator(IHostEnvironment environment, IConfiguration configuration) : IValidateOptions<DeviceRegistryOptions>
{
    private const int MinimumSecretLength = 43;
    private const int MaximumPrefixLength = 64;

    public ValidateOptionsResult Validate(string? name, DeviceRegistryOptions options)
    {
        var faults = new List<string>();
        CheckSecret(faults, nameof(options.DataKey), options.DataKey, required: true);
        CheckSecret(faults, nameof(options.PreviousDataKey), options.PreviousDataKey, required: false);
        Check(faults, IsKeySetAddress(options.IdentityAuthJwksUri, allowsDiscovery: true), "DeviceRegistry:IdentityAuthJwksUri has to be an https address.");
        Check(faults, IsNamespace(options.RedisNamespace), "DeviceRegistry:RedisNamespace may have up to 64 of a–z, 0–9 and '-'.");
        Check(
            faults,
            options.SweepInterval >= TimeSpan.FromMilliseconds(100) && options.SweepInterval <= TimeSpan.FromHours(1),
            "DeviceRegistry:SweepInterval has to be 100 ms – 1 h.");
        foreach (var origin in options.AllowedOrigins)
        {
            Check(faults, IsOrigin(origin), $"DeviceRegistry:AllowedOrigins: '{origin}' is no origin, such as https://app.example.");
        }

        CheckIssuers(faults, options);
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private void CheckIssuers(List<string> faults, DeviceRegistryOptions options)
    {
        var issuers = new HashSet<string>(StringComparer.Ordinal) { PlatformAddress.IdentityIssuer(configuration) };
        for (var i = 0; i < options.Issuers.Count; i++)
        {
            var issuer = options.Issuers[i];
            var path = $"DeviceRegistry:Issuers:{i}";
            Check(faults, issuer.Issuer.Length > 0, $"{path}:Issuer is missing.");
            Check(faults, issuers.Add(issuer.Issuer), $"{path}:Issuer is there twice.");
            Check(faults, issuer.Audience.Length > 0, $"{path}:Audience is missing.");
            Check(faults, issuer.IdentityPrefix.Length <= MaximumPrefixLength, $"{path}:IdentityPrefix may have up to {MaximumPrefixLength} characters.");
            Check(faults, issuer.Algorithms.All(SignatureAlgorithm.All.Contains), $"{path}:Algorithms may name ES256, RS256 and PS256 only.");
            Check(faults, IsKeySetAddress(issuer.JwksUri, allowsDiscovery: false), $"{path}:JwksUri has to be an https address.");
        }
    }

    private bool IsKeySetAddress(string address, bool allowsDiscovery)
        => Uri.TryCreate(address, UriKind.Absolute, out var uri)
            && (uri.Scheme == Uri.UriSchemeHttps
                || (uri.Scheme == Uri.UriSchemeHttp && environment.IsDevelopment())
                || (allowsDiscovery && uri.Scheme is "https+http" or "http"));

    private static bool IsOrigin(string origin)
        => Uri.TryCreate(origin, UriKind.Absolute, out var uri)
            && (uri.Scheme == Uri.UriSchemeHttps || uri.Scheme == Uri.UriSchemeHttp)
            && uri.GetLeftPart(UriPartial.Authority) == origin;

    private static bool IsNamespace(string value)
        => value.Length <= 64 && value.All(character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character == '-');

    private static void CheckSecret(List<string> faults, string name, string? value, bool required)
    {
        if (required || !string.IsNullOrEmpty(value))
        {
            Check(faults, value is { Length: >= MinimumSecretLength }, $"DeviceRegistry:{name} has to be a secret of at least {MinimumSecretLength} characters.");
        }
    }

    private static void Check(List<string> faults, bool holds, string fault)
    {
        if (!holds)
        {
            faults.Add(fault);
        }
    }
}

/// <summary>What the platform is called by from outside.</summary>
internal static class PlatformAddress
{
    /// <summary><c>Platform:BaseUrl</c> without a slash at its end; in development <c>http://localhost:8080</c>.</summary>
    public static string BaseUrl(IConfiguration configuration)
        => configuration["Platform:BaseUrl"]?.TrimEnd('/') is { Length: > 0 } url ? url : "http://localhost:8080";

    /// <summary>Claim <c>iss</c> of identity-auth's tokens.</summary>
    public static string IdentityIssuer(IConfiguration configuration) => $"{BaseUrl(configuration)}/identity-auth";
}
