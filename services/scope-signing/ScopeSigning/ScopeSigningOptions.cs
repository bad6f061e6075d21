using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Options;
using ScopeSigning.Domain;
using ServiceDefaults.Http;

namespace ScopeSigning;

/// <summary>Settings of the section <c>ScopeSigning</c>. In the environment: <c>ScopeSigning__Delivery__PhoneUrl</c> and so on.</summary>
public sealed class ScopeSigningOptions
{
    public const string SectionName = "ScopeSigning";

    /// <summary>
    /// Secret of at least 43 characters: keys the HMACs under which codes, addresses and numbers are kept. Changing it unbinds
    /// every e-mail and phone pair and spoils every open code.
    /// </summary>
    public string? Pepper { get; set; }

    public IssuerOptions Issuer { get; set; } = new();

    public TestOptions Test { get; set; } = new();

    public DeliveryOptions Delivery { get; set; } = new();

    public LoginOptions Login { get; set; } = new();

    /// <summary>External signers, by any index.</summary>
    public IList<AuthorityOptions> Authorities { get; init; } = [];

    public ScopesOptions Scopes { get; set; } = new();

    public LifetimeOptions Ttl { get; set; } = new();

    public LimitOptions Limits { get; set; } = new();

    /// <summary>
    /// Addresses of the proxies, besides loopback, whose <c>X-Forwarded-For</c> names the caller: the gateway's, comma-separated,
    /// each an IP address or a network such as <c>10.0.0.0/8</c>.
    /// </summary>
    public string? TrustedProxies { get; set; }
}

/// <summary>The built-in issuer.</summary>
public sealed class IssuerOptions
{
    /// <summary>Issuer identifier, no trailing slash. Default: <c>{Platform:BaseUrl}/scope-signing</c>.</summary>
    public string? Id { get; set; }

    /// <summary>Secret of at least 43 characters that encrypts issuer keys and everything else stored encrypted. Losing it loses them.</summary>
    public string? KeyEncryptionKey { get; set; }

    /// <summary>Days after which the signing key is replaced; 1–3650, default 90.</summary>
    public int RotationDays { get; set; } = 90;
}

/// <summary>The test issuer.</summary>
public sealed class TestOptions
{
    /// <summary>Whether <c>POST /scope?test=1</c> is taken; needs <see cref="DeliveryOptions.TestSinkUrl"/> too.</summary>
    public bool Enabled { get; set; }
}

/// <summary>Where messages go. Outbound calls go to these addresses and nowhere else.</summary>
public sealed class DeliveryOptions
{
    public SmtpOptions Smtp { get; set; } = new();

    /// <summary>Takes text messages and spoken messages. Required.</summary>
    public string? PhoneUrl { get; set; }

    /// <summary>Takes letters. Required once an authority signs addresses.</summary>
    public string? LetterUrl { get; set; }

    /// <summary>Takes pushes. Required.</summary>
    public string? PushUrl { get; set; }

    /// <summary>Takes every message of a test job. Missing: test mode is off.</summary>
    public string? TestSinkUrl { get; set; }

    /// <summary>Pauses before the second and later tries, in seconds, comma-separated. Default: four pauses, so five tries.</summary>
    public string RetryPauses { get; set; } = "1,5,20,60";
}

/// <summary>The mail server.</summary>
public sealed class SmtpOptions
{
    public string? Host { get; set; }

    /// <summary>1–65535; default 25.</summary>
    public int Port { get; set; } = 25;

    /// <summary>The sender's address.</summary>
    public string? From { get; set; }

    /// <summary>Whether STARTTLS is required. Default: yes, except to a server on this machine.</summary>
    public bool? StartTls { get; set; }

    public string? User { get; set; }

    public string? Password { get; set; }
}

/// <summary>Push sign-in.</summary>
public sealed class LoginOptions
{
    /// <summary>Lets <c>http</c> and loopback callbacks through. Refused in Production.</summary>
    public bool AllowInsecureCallbacks { get; set; }
}

/// <summary>An external signer.</summary>
public sealed class AuthorityOptions
{
    /// <summary>A name for logs.</summary>
    public string? Id { get; set; }

    /// <summary>The <c>iss</c> of its tokens.</summary>
    public string? Issuer { get; set; }

    /// <summary>The scopes it may sign, comma-separated.</summary>
    public string? Scopes { get; set; }

    /// <summary>Its JWK set (RFC 7517 §5) as JSON text: Ed25519 keys with <c>kid</c>.</summary>
    public string? Jwks { get; set; }

    /// <summary>Whether it signs test jobs, and only them.</summary>
    public bool Test { get; set; }
}

/// <summary>Who signs which scope.</summary>
public sealed class ScopesOptions
{
    public ScopeOptions Email { get; set; } = new() { Signer = ScopeSigner.BuiltIn };

    public ScopeOptions Phone { get; set; } = new() { Signer = ScopeSigner.BuiltIn };

    public ScopeOptions Address { get; set; } = new() { Signer = ScopeSigner.Authority };
}

/// <summary>One scope.</summary>
public sealed class ScopeOptions
{
    /// <summary><c>built-in</c> or <c>authority</c>; a postal address is always an authority's.</summary>
    public string Signer { get; set; } = ScopeSigner.BuiltIn;
}

/// <summary>How long things live.</summary>
public sealed class LifetimeOptions
{
    public WaitingOptions Waiting { get; set; } = new();

    /// <summary>A confirmed job that nobody signs; default 7 days.</summary>
    public TimeSpan Confirmed { get; set; } = TimeSpan.FromDays(7);

    /// <summary>A signed job; default 24 hours.</summary>
    public TimeSpan Ready { get; set; } = TimeSpan.FromHours(24);

    /// <summary>An open revocation without the secret; default 30 minutes.</summary>
    public TimeSpan Revocation { get; set; } = TimeSpan.FromMinutes(30);
}

/// <summary>How long a code can be handed back; within NIST SP 800-63A's 10 minutes, 24 hours and 21 days.</summary>
public sealed class WaitingOptions
{
    public TimeSpan Email { get; set; } = TimeSpan.FromMinutes(60);

    public TimeSpan Phone { get; set; } = TimeSpan.FromMinutes(10);

    public TimeSpan Address { get; set; } = TimeSpan.FromDays(21);
}

/// <summary>Limits in the form <c>count/seconds</c>, over a sliding window; <c>0</c> is off.</summary>
public sealed class LimitOptions
{
    public string ScopePerAddressShort { get; set; } = "3/600";

    public string ScopePerAddressLong { get; set; } = "10/86400";

    public string ScopePerSub { get; set; } = "20/3600";

    public string LoginPerSub { get; set; } = "5/600";

    public string RevokeOpen { get; set; } = "3/86400";

    public string RevokePerCaller { get; set; } = "20/3600";

    public string SecretPerKey { get; set; } = "10/3600";

    public string JobReads { get; set; } = "120/60";
}

/// <summary>At most <paramref name="Count"/> in any <paramref name="Window"/>; a count of 0 is no limit.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Limit(int Count, TimeSpan Window)
{
    public bool IsOff => Count == 0;

    public static bool TryParse(string? text, out Limit limit)
    {
        limit = default;
        if (text == "0")
        {
            return true;
        }

        var parts = text?.Split('/') ?? [];
        if (parts.Length != 2
            || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || seconds < 1)
        {
            return false;
        }

        limit = new Limit(count, TimeSpan.FromSeconds(seconds));
        return true;
    }

    public static Limit Parse(string text)
        => TryParse(text, out var limit) ? limit : throw new FormatException("A limit has the form count/seconds.");
}

/// <summary>Every mistake in the settings is told at start, each in one line that names the setting.</summary>
internal sealed class ScopeSigningOptionsValidator(IHostEnvironment environment, IConfiguration configuration) : IValidateOptions<ScopeSigningOptions>
{
    private const int MinimumSecretLength = 43;

    public ValidateOptionsResult Validate(string? name, ScopeSigningOptions options)
    {
        var errors = new List<string>();
        void Require(bool condition, string error)
        {
            if (!condition)
            {
                errors.Add($"{ScopeSigningOptions.SectionName}:{error}");
            }
        }

        if (!IsHttpUrl(configuration["Platform:BaseUrl"]))
        {
            errors.Add("Platform:BaseUrl is required: the gateway's public URL.");
        }

        // A secret has no default in code: with one, every installation would share it.
        Require(options.Pepper?.Length >= MinimumSecretLength, "Pepper is required: a secret of at least 43 characters.");
        Require(
            options.Issuer.KeyEncryptionKey?.Length >= MinimumSecretLength,
            "Issuer:KeyEncryptionKey is required: a secret of at least 43 characters.");
        Require(options.Issuer.RotationDays is >= 1 and <= 3650, "Issuer:RotationDays is 1 to 3650.");
        Require(
            options.Issuer.Id is null || (IsHttpUrl(options.Issuer.Id) && !options.Issuer.Id.EndsWith('/')),
            "Issuer:Id is an absolute http or https URL without a trailing slash.");

        Require(!string.IsNullOrWhiteSpace(options.Delivery.Smtp.Host), "Delivery:Smtp:Host is required.");
        Require(options.Delivery.Smtp.Port is >= 1 and <= 65535, "Delivery:Smtp:Port is 1 to 65535.");
        Require(EmailAddress.TryParse(options.Delivery.Smtp.From, out _), "Delivery:Smtp:From is required: an e-mail address.");
        Require(IsHttpUrl(options.Delivery.PhoneUrl), "Delivery:PhoneUrl is required: an absolute URL.");
        Require(IsHttpUrl(options.Delivery.PushUrl), "Delivery:PushUrl is required: an absolute URL.");
        Require(options.Delivery.LetterUrl is null || IsHttpUrl(options.Delivery.LetterUrl), "Delivery:LetterUrl is an absolute URL.");
        Require(options.Delivery.TestSinkUrl is null || IsHttpUrl(options.Delivery.TestSinkUrl), "Delivery:TestSinkUrl is an absolute URL.");
        Require(
            options.Delivery.RetryPauses.Split(',', StringSplitOptions.RemoveEmptyEntries).All(static pause => double.TryParse(pause, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _)),
            "Delivery:RetryPauses is a list of seconds, such as 1,5,20,60.");

        // A callback on this machine is a developer's; in Production it would let a website reach into the phone's own network.
        Require(!options.Login.AllowInsecureCallbacks || !environment.IsProduction(), "Login:AllowInsecureCallbacks is not allowed in Production.");

        Require(options.Scopes.Email.Signer is ScopeSigner.BuiltIn or ScopeSigner.Authority, "Scopes:Email:Signer is built-in or authority.");
        Require(options.Scopes.Phone.Signer is ScopeSigner.BuiltIn or ScopeSigner.Authority, "Scopes:Phone:Signer is built-in or authority.");
        Require(options.Scopes.Address.Signer == ScopeSigner.Authority, "Scopes:Address:Signer is authority: nobody here can vouch for where somebody lives.");

        foreach (var authority in options.Authorities)
        {
            var label = $"Authorities ({authority.Id ?? "without Id"})";
            Require(!string.IsNullOrWhiteSpace(authority.Id), $"{label}: Id is required.");
            Require(!string.IsNullOrWhiteSpace(authority.Issuer), $"{label}: Issuer is required.");
            Require(Authority.TryCreate(authority, out var parsed), $"{label}: Scopes and Jwks are required, Jwks with Ed25519 keys that have a kid.");
            Require(
                parsed is null || !parsed.Scopes.Contains(ScopeKind.Address) || options.Delivery.LetterUrl is not null,
                "Delivery:LetterUrl is required: an authority signs addresses.");
        }

        foreach (var (limit, text) in LimitsOf(options.Limits))
        {
            Require(Limit.TryParse(text, out _), $"Limits:{limit} has the form count/seconds, or is 0 for no limit.");
        }

        foreach (var (lifetime, value) in LifetimesOf(options.Ttl))
        {
            Require(value > TimeSpan.Zero && value <= TimeSpan.FromDays(365), $"Ttl:{lifetime} is more than 0 and at most 365 days.");
        }

        Require(TrustedProxies.TryParse(options.TrustedProxies, out _), "TrustedProxies is a list of addresses and networks.");
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static bool IsHttpUrl(string? text)
        => Uri.TryCreate(text, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps);

    private static IEnumerable<(string Name, string Text)> LimitsOf(LimitOptions limits) =>
    [
        (nameof(limits.ScopePerAddressShort), limits.ScopePerAddressShort),
        (nameof(limits.ScopePerAddressLong), limits.ScopePerAddressLong),
        (nameof(limits.ScopePerSub), limits.ScopePerSub),
        (nameof(limits.LoginPerSub), limits.LoginPerSub),
        (nameof(limits.RevokeOpen), limits.RevokeOpen),
        (nameof(limits.RevokePerCaller), limits.RevokePerCaller),
        (nameof(limits.SecretPerKey), limits.SecretPerKey),
        (nameof(limits.JobReads), limits.JobReads),
    ];

    private static IEnumerable<(string Name, TimeSpan Value)> LifetimesOf(LifetimeOptions lifetimes) =>
    [
        ("Waiting:Email", lifetimes.Waiting.Email),
        ("Waiting:Phone", lifetimes.Waiting.Phone),
        ("Waiting:Address", lifetimes.Waiting.Address),
        (nameof(lifetimes.Confirmed), lifetimes.Confirmed),
        (nameof(lifetimes.Ready), lifetimes.Ready),
        (nameof(lifetimes.Revocation), lifetimes.Revocation),
    ];
}
