using Microsoft.Extensions.Options;
using Pairing.Domain;
using ServiceDefaults.Jose;

namespace Pairing;

/// <summary>The settings of this service, section <c>Pairing</c>. Read once, checked at start.</summary>
public sealed class PairingOptions
{
    public const string SectionName = "Pairing";

    /// <summary>
    /// The key of <c>POST /admin/v1/tenants</c>, header <c>X-API-Key</c>. A UUID of version 4, as all keys of this API are.
    /// Required. Secret.
    /// </summary>
    public string? AdminKey { get; set; }

    /// <summary>
    /// The secret from which the P-256 signing and encryption keys are derived. At least 43 characters, which is 256 random bits
    /// in base64url: then the derived keys are as strong as the curve. Required. Secret.
    /// </summary>
    public string? KeySeed { get; set; }

    /// <summary>
    /// The seed before <see cref="KeySeed"/>. For 24 hours after <see cref="KeysRotatedAt"/> its signing key still verifies and its
    /// encryption key still decrypts. Default: none. Secret.
    /// </summary>
    public string? PreviousKeySeed { get; set; }

    /// <summary>When <see cref="KeySeed"/> took the place of <see cref="PreviousKeySeed"/>: a time with its offset. Required with the latter.</summary>
    public DateTimeOffset? KeysRotatedAt { get; set; }

    /// <summary>
    /// The secret from which the AES-256 key for measurements and push tokens is derived. At least 43 characters. Required. Secret,
    /// and to be kept as long as the database: what is sealed with it cannot be read without it.
    /// </summary>
    public string? DataKey { get; set; }

    /// <summary>The data key before <see cref="DataKey"/>: values sealed with it can still be opened. Default: none. Secret.</summary>
    public string? PreviousDataKey { get; set; }

    /// <summary>Claim <c>iss</c> of the tokens that this service makes. Default <c>hauth:orchestrator</c>, which published clients know.</summary>
    public string Issuer { get; set; } = "hauth:orchestrator";

    /// <summary>Claim <c>aud</c> of the tokens that this service makes. Default <c>hauth:pairing</c>, which published clients know.</summary>
    public string Audience { get; set; } = "hauth:pairing";

    /// <summary>
    /// Whether a public key that another user's device holds is refused with <c>public_key_invalid</c>. Default
    /// <see langword="false"/>: a published app seeds its generator with a constant, so unrelated phones may have the same key.
    /// </summary>
    public bool RejectReusedKeys { get; set; }

    /// <summary>Token issuers beside this service: the tenants' Keycloak realms. Default: none.</summary>
    public IList<RealmOptions> Realms { get; } = [];

    /// <summary>
    /// Whose <c>X-Forwarded-For</c> is believed, besides loopback: the gateway's addresses and networks, comma-separated, such as
    /// <c>10.0.0.0/8</c>. Default: none.
    /// </summary>
    public string? TrustedProxies { get; set; }

    /// <summary>Whether init and complete are limited (contract §5.3). Default <see langword="true"/>; off only in tests of something else.</summary>
    public bool RateLimits { get; set; } = true;

    /// <summary>
    /// Stands behind <c>pairing:</c> in the names of Redis keys: up to 64 of <c>a</c>–<c>z</c>, <c>0</c>–<c>9</c>, <c>-</c>. Default: empty. For
    /// several installations on one Redis, which would otherwise end each other's pairings.
    /// </summary>
    public string RedisNamespace { get; set; } = "";

    /// <summary>
    /// How many status streams one instance serves at a time, 1–100 000. Default 1 000: each holds a connection and is read from
    /// the stores every <see cref="StatusStreamFallback"/>.
    /// </summary>
    public int MaximumStatusStreams { get; set; } = 1_000;

    /// <summary>
    /// How often a status stream looks at the stores although no event woke it, 100 ms – 1 min. Default 3 s: while the broker is
    /// away, streams are late by at most this.
    /// </summary>
    public TimeSpan StatusStreamFallback { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// How often one instance looks for pairings whose end has come, 100 ms – 1 min. Default 1 s: the status is judged by the clock
    /// in any case, only the event <c>PairingExpired</c> waits for the sweep.
    /// </summary>
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromSeconds(1);
}

/// <summary>A realm whose tokens are accepted as pairing tokens (contract §2.2): <c>Pairing:Realms:0:Issuer</c> and so on.</summary>
public sealed class RealmOptions
{
    /// <summary>Claim <c>iss</c>, compared exactly: the realm's URL. Required; no two alike.</summary>
    public string Issuer { get; set; } = "";

    /// <summary>Where the realm publishes its keys. Required; HTTPS, except in Development.</summary>
    public string JwksUri { get; set; } = "";

    /// <summary>What claim <c>aud</c> has to contain. Required: a token made for somebody else must not pass.</summary>
    public string Audience { get; set; } = "";

    /// <summary>Accepted algorithms, of <c>ES256</c>, <c>RS256</c>, <c>PS256</c>. Default: <c>RS256</c> and <c>ES256</c>.</summary>
    public IList<string> Algorithms { get; } = [];

    /// <summary>The tenant for which the realm speaks, a UUID. Required.</summary>
    public string TenantId { get; set; } = "";
}

/// <summary>Checks the settings at start: a service that starts is one that can work.</summary>
public sealed class PairingOptionsValidator(IHostEnvironment environment) : IValidateOptions<PairingOptions>
{
    private const int MinimumSecretLength = 43;

    public ValidateOptionsResult Validate(string? name, PairingOptions options)
    {
        var faults = new List<string>();

        if (!Uuid.TryParseVersion4(options.AdminKey, out _))
        {
            faults.Add("Pairing:AdminKey has to be a UUID of version 4.");
        }

        CheckSecret(faults, nameof(options.KeySeed), options.KeySeed, required: true);
        CheckSecret(faults, nameof(options.PreviousKeySeed), options.PreviousKeySeed, required: false);
        CheckSecret(faults, nameof(options.DataKey), options.DataKey, required: true);
        CheckSecret(faults, nameof(options.PreviousDataKey), options.PreviousDataKey, required: false);
        Check(faults, string.IsNullOrEmpty(options.PreviousKeySeed) == options.KeysRotatedAt is null, "Pairing:PreviousKeySeed and Pairing:KeysRotatedAt go together.");

        Check(faults, options.Issuer.Length > 0, "Pairing:Issuer must not be empty.");
        Check(faults, options.Audience.Length > 0, "Pairing:Audience must not be empty.");
        Check(faults, IsNamespace(options.RedisNamespace), "Pairing:RedisNamespace may have up to 64 of a–z, 0–9 and '-'.");
        Check(faults, options.MaximumStatusStreams is >= 1 and <= 100_000, "Pairing:MaximumStatusStreams has to be 1–100000.");
        Check(faults, IsInterval(options.StatusStreamFallback), "Pairing:StatusStreamFallback has to be 100 ms – 1 min.");
        Check(faults, IsInterval(options.SweepInterval), "Pairing:SweepInterval has to be 100 ms – 1 min.");
        Check(
            faults, ServiceDefaults.Http.TrustedProxies.TryParse(options.TrustedProxies, out _), "Pairing:TrustedProxies is a list of addresses and networks.");

        CheckRealms(faults, options);
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private void CheckRealms(List<string> faults, PairingOptions options)
    {
        var issuers = new HashSet<string>(StringComparer.Ordinal) { options.Issuer };
        for (var i = 0; i < options.Realms.Count; i++)
        {
            var realm = options.Realms[i];
            var path = $"Pairing:Realms:{i}";
            Check(faults, realm.Issuer.Length > 0, $"{path}:Issuer is missing.");
            Check(faults, issuers.Add(realm.Issuer), $"{path}:Issuer is there twice.");
            Check(faults, realm.Audience.Length > 0, $"{path}:Audience is missing.");
            Check(faults, Uuid.TryParse(realm.TenantId, out _), $"{path}:TenantId has to be a UUID.");
            Check(faults, realm.Algorithms.All(SignatureAlgorithm.All.Contains), $"{path}:Algorithms may name ES256, RS256 and PS256 only.");
            Check(faults, IsKeySetAddress(realm.JwksUri), $"{path}:JwksUri has to be an https address.");
        }
    }

    private bool IsKeySetAddress(string address)
        => Uri.TryCreate(address, UriKind.Absolute, out var uri)
            && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && environment.IsDevelopment()));

    private static bool IsNamespace(string value)
        => value.Length <= 64 && value.All(character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character == '-');

    private static bool IsInterval(TimeSpan value) => value >= TimeSpan.FromMilliseconds(100) && value <= TimeSpan.FromMinutes(1);

    private static void CheckSecret(List<string> faults, string name, string? value, bool required)
    {
        if (required || !string.IsNullOrEmpty(value))
        {
            Check(faults, value is { Length: >= MinimumSecretLength }, $"Pairing:{name} has to be a secret of at least {MinimumSecretLength} characters.");
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
