using System.Net;
using System.Net.Mail;
using Microsoft.Extensions.Options;

namespace IdentityAuth;

/// <summary>The settings of this service, section <c>IdentityAuth</c>. Read once, checked at start.</summary>
public sealed class IdentityAuthOptions
{
    public const string SectionName = "IdentityAuth";

    /// <summary>
    /// The secret from which the AES-256 keys are derived that seal what is stored and has to be read again: mails on their way, TOTP
    /// secrets, backup codes. At least 43 characters, which is 256 random bits in base64url. Required. Secret, and to be kept as long
    /// as the database: what is sealed with it cannot be read without it.
    /// </summary>
    public string? DataKey { get; set; }

    /// <summary>
    /// The data key before <see cref="DataKey"/>: what was sealed with it can still be opened, and what is kept for long is sealed anew at
    /// the start. Not needed any more two days after that. Default: none. Secret.
    /// </summary>
    public string? PreviousDataKey { get; set; }

    /// <summary>The secret that signs sudo tokens (contract §1.8). At least 43 characters. Required. Secret; a new one ends open sudo tokens.</summary>
    public string? SudoKey { get; set; }

    /// <summary>Base URL of the web application, <c>{app}</c> in mailed links. Default: the platform's own, <c>Platform:BaseUrl</c>.</summary>
    public string? AppUrl { get; set; }

    /// <summary>Origins whose pages may call this API from a browser. Default: the one of <see cref="AppUrl"/>.</summary>
    public IList<string> AllowedOrigins { get; } = [];

    /// <summary>
    /// The account whose verified address this is (in any case) is the platform's administrator. Default: none, and then nobody is.
    /// </summary>
    public string AdministratorEmail { get; set; } = "";

    /// <summary>
    /// Whose <c>X-Forwarded-For</c> is believed, besides loopback: the gateway's addresses and networks, comma-separated, such as
    /// <c>10.0.0.0/8</c>. Default: none.
    /// </summary>
    public string? TrustedProxies { get; set; }

    /// <summary>Networks in CIDR notation whose clients are refused with <c>IP_BANNED</c>. Default: none.</summary>
    public IList<string> BannedNetworks { get; } = [];

    /// <summary>Whether requests are limited (contract §1.7). Default <see langword="true"/>; can only be off in Development.</summary>
    public bool RateLimits { get; set; } = true;

    /// <summary>Requests per second and caller on all operations together, 1–100 000. Default 50.</summary>
    public int GlobalRequestsPerSecond { get; set; } = 50;

    /// <summary>
    /// Stands behind <c>identity-auth:</c> in the names of Redis keys: up to 64 of <c>a</c>–<c>z</c>, <c>0</c>–<c>9</c>, <c>-</c>. Default: empty. For
    /// several installations on one Redis.
    /// </summary>
    public string RedisNamespace { get; set; } = "";

    /// <summary>How long a session lives without use, 1 h – 10 years. Default 30 days.</summary>
    public TimeSpan SessionIdleLifetime { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How long a session lives in any case, 1 h – 10 years. Default 180 days.</summary>
    public TimeSpan SessionLifetime { get; set; } = TimeSpan.FromDays(180);

    /// <summary>
    /// How long an instance believes what it has read about a session or an account, 1 s – 30 s. Default 20 s. Changes reach every
    /// instance at once by Redis and by event; this is what holds when both are away.
    /// </summary>
    public TimeSpan CacheLifetime { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a deleted account can be brought back by signing in, 0 – 1 year. Default 14 days.</summary>
    public TimeSpan DeletionGracePeriod { get; set; } = TimeSpan.FromDays(14);

    /// <summary>How often one instance erases accounts whose grace period is over and rows that have expired, 1 s – 1 day. Default 1 min.</summary>
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long audit records are kept, 1 day – 10 years. Default 1 year.</summary>
    public TimeSpan AuditRetention { get; set; } = TimeSpan.FromDays(365);

    /// <summary>How passwords are hashed and which are refused.</summary>
    public PasswordOptions Passwords { get; } = new();

    /// <summary>The challenge before register, login and forgot (contract §1.6).</summary>
    public CaptchaOptions Captcha { get; } = new();

    /// <summary>How mail leaves.</summary>
    public SmtpOptions Smtp { get; } = new();

    /// <summary>Whose security keys and passkeys these are.</summary>
    public WebAuthnOptions WebAuthn { get; } = new();

    /// <summary>Single sign-on.</summary>
    public SsoOptions Sso { get; } = new();

    /// <summary>How long a key signs access tokens before the next one takes over, 1 h – 1 year. Default 30 days.</summary>
    public TimeSpan SigningKeyLifetime { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How text messages leave.</summary>
    public SmsOptions Sms { get; } = new();

    /// <summary>What a client is told about the rest of the platform (contract §8.10).</summary>
    public InstanceOptions Instance { get; } = new();
}

/// <summary>Section <c>IdentityAuth:Passwords</c>.</summary>
public sealed class PasswordOptions
{
    /// <summary>Argon2id memory in KiB. Default 19 456 (OWASP's first recommendation).</summary>
    public int MemoryKiB { get; set; } = 19_456;

    /// <summary>Argon2id passes. Default 2.</summary>
    public int Iterations { get; set; } = 2;

    /// <summary>Threads that hash, 1–64. Default: one per processor. Each holds <see cref="MemoryKiB"/> for good.</summary>
    public int Workers { get; set; } = Environment.ProcessorCount;

    /// <summary>How many may wait for a thread or be on their way to it, 1–10 000, besides one for each thread. Default 64. The next is refused with 429 at once.</summary>
    public int Queue { get; set; } = 64;

    /// <summary>
    /// Base URL of a range API for breached passwords, such as <c>https://api.pwnedpasswords.com/range/</c>. Default: none, and only the
    /// list that comes with the service is used. An API that cannot be reached lets the password pass.
    /// </summary>
    public string? BreachRangeUrl { get; set; }
}

/// <summary>Section <c>IdentityAuth:Captcha</c>.</summary>
public sealed class CaptchaOptions
{
    /// <summary><c>none</c>, <c>hcaptcha</c>, <c>turnstile</c>, or in Development <c>test</c>. Default <c>none</c>.</summary>
    public string Provider { get; set; } = "none";

    /// <summary>What a client needs to show hCaptcha.</summary>
    public string? HcaptchaSiteKey { get; set; }

    /// <summary>What this service proves itself with to hCaptcha. Secret.</summary>
    public string? HcaptchaSecret { get; set; }

    /// <summary>What a client needs to show Turnstile.</summary>
    public string? TurnstileSiteKey { get; set; }

    /// <summary>What this service proves itself with to Turnstile. Secret.</summary>
    public string? TurnstileSecret { get; set; }

    /// <summary>The one solution that provider <c>test</c> takes.</summary>
    public string? TestSolution { get; set; }
}

/// <summary>Section <c>IdentityAuth:Smtp</c>.</summary>
public sealed class SmtpOptions
{
    /// <summary>The mail server. Default <c>localhost</c>.</summary>
    public string Host { get; set; } = "localhost";

    /// <summary>Its port, 1–65 535. Default 1025, the development inbox's.</summary>
    public int Port { get; set; } = 1025;

    /// <summary>Whether to demand STARTTLS. Default: yes, except on this machine.</summary>
    public bool? StartTls { get; set; }

    /// <summary>User name, if the server wants one.</summary>
    public string? User { get; set; }

    /// <summary>Its password. Secret.</summary>
    public string? Password { get; set; }

    /// <summary>The sender's address. Default <c>no-reply@platform.localhost</c>.</summary>
    public string From { get; set; } = "no-reply@platform.localhost";
}

/// <summary>Section <c>IdentityAuth:WebAuthn</c>.</summary>
public sealed class WebAuthnOptions
{
    /// <summary>The relying party's id, a domain. Default: the host of the web application. Credentials are bound to it for good.</summary>
    public string? RpId { get; set; }

    /// <summary>What an authenticator shows. Default <c>Platform</c>.</summary>
    public string RpName { get; set; } = "Platform";

    /// <summary>
    /// Origins whose pages may use credentials, and apps as <c>android:apk-key-hash:…</c>. Default: the web application's origin.
    /// </summary>
    public IList<string> Origins { get; } = [];
}

/// <summary>Section <c>IdentityAuth:Sms</c>.</summary>
public sealed class SmsOptions
{
    /// <summary>Where a text message is posted as JSON. Default: none, and then SMS cannot be a second factor.</summary>
    public string? Url { get; set; }
}

/// <summary>Section <c>IdentityAuth:Instance</c>: addresses of what is not part of this platform; where empty, the platform's own.</summary>
public sealed class InstanceOptions
{
    public string? Gateway { get; set; }

    public string? Media { get; set; }

    public string? StaticCdn { get; set; }

    public string? Marketing { get; set; }

    public string? Admin { get; set; }

    public string? Invite { get; set; }

    public string? Gift { get; set; }
}

/// <summary>Checks the settings at start: a service that starts is one that can work.</summary>
public sealed class IdentityAuthOptionsValidator(IHostEnvironment environment) : IValidateOptions<IdentityAuthOptions>
{
    private const int MinimumSecretLength = 43;

    // OWASP Password Storage Cheat Sheet: these defend equally well (p = 1).
    private static readonly (int MemoryKiB, int Iterations)[] EqualDefence = [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)];

    public ValidateOptionsResult Validate(string? name, IdentityAuthOptions options)
    {
        var faults = new List<string>();
        CheckSecret(nameof(options.DataKey), options.DataKey);
        CheckSecret(nameof(options.SudoKey), options.SudoKey);
        if (!string.IsNullOrEmpty(options.PreviousDataKey))
        {
            CheckSecret(nameof(options.PreviousDataKey), options.PreviousDataKey);
        }

        CheckUrl("AppUrl", options.AppUrl);
        CheckUrl("Sms:Url", options.Sms.Url);
        CheckUrl("Passwords:BreachRangeUrl", options.Passwords.BreachRangeUrl);
        foreach (var origin in options.AllowedOrigins)
        {
            CheckUrl("AllowedOrigins", origin);
        }

        Check(ServiceDefaults.Http.TrustedProxies.TryParse(options.TrustedProxies, out _), "IdentityAuth:TrustedProxies is a list of addresses and networks.");
        foreach (var network in options.BannedNetworks)
        {
            Check(IPNetwork.TryParse(network, out _), $"{network} is not a network in CIDR notation, such as 10.0.0.0/8.");
        }

        Check(options.RateLimits || environment.IsDevelopment(), "IdentityAuth:RateLimits can be off in Development only.");
        Check(options.GlobalRequestsPerSecond is >= 1 and <= 100_000, "IdentityAuth:GlobalRequestsPerSecond has to be 1 to 100000.");
        Check(
            options.RedisNamespace.Length <= 64 && options.RedisNamespace.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-'),
            "IdentityAuth:RedisNamespace may have up to 64 of a-z, 0-9 and -.");
        CheckSpan(nameof(options.SessionIdleLifetime), options.SessionIdleLifetime, TimeSpan.FromHours(1), TimeSpan.FromDays(3_650));
        CheckSpan(nameof(options.SessionLifetime), options.SessionLifetime, TimeSpan.FromHours(1), TimeSpan.FromDays(3_650));
        CheckSpan(nameof(options.CacheLifetime), options.CacheLifetime, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
        CheckSpan(nameof(options.DeletionGracePeriod), options.DeletionGracePeriod, TimeSpan.Zero, TimeSpan.FromDays(366));
        CheckSpan(nameof(options.SweepInterval), options.SweepInterval, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1));
        CheckSpan(nameof(options.AuditRetention), options.AuditRetention, TimeSpan.FromDays(1), TimeSpan.FromDays(3_650));
        CheckPasswords(options.Passwords);
        CheckCaptcha(options.Captcha);
        CheckSpan(nameof(options.SigningKeyLifetime), options.SigningKeyLifetime, TimeSpan.FromHours(1), TimeSpan.FromDays(366));
        faults.AddRange(options.Sso.Faults(environment.IsDevelopment()));
        Check(options.Smtp.Port is >= 1 and <= 65_535, "IdentityAuth:Smtp:Port has to be 1 to 65535.");
        Check(MailAddress.TryCreate(options.Smtp.From, out _), "IdentityAuth:Smtp:From has to be an e-mail address.");

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);

        void Check(bool good, string fault)
        {
            if (!good)
            {
                faults.Add(fault);
            }
        }

        void CheckSecret(string setting, string? value)
            => Check(value is { Length: >= MinimumSecretLength }, $"IdentityAuth:{setting} has to have at least {MinimumSecretLength} characters.");

        void CheckUrl(string setting, string? value)
            => Check(
                string.IsNullOrEmpty(value) || (Uri.TryCreate(value, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"),
                $"IdentityAuth:{setting} has to be an http or https URL.");

        void CheckSpan(string setting, TimeSpan value, TimeSpan minimum, TimeSpan maximum)
            => Check(value >= minimum && value <= maximum, $"IdentityAuth:{setting} has to be {minimum} to {maximum}.");

        void CheckPasswords(PasswordOptions passwords)
        {
            Check(passwords.MemoryKiB is >= 8 and <= 1_048_576, "IdentityAuth:Passwords:MemoryKiB has to be 8 to 1048576.");
            Check(passwords.Iterations is >= 1 and <= 100, "IdentityAuth:Passwords:Iterations has to be 1 to 100.");
            Check(passwords.Workers is >= 1 and <= 64, "IdentityAuth:Passwords:Workers has to be 1 to 64.");
            Check(passwords.Queue is >= 1 and <= 10_000, "IdentityAuth:Passwords:Queue has to be 1 to 10000.");
            Check(
                environment.IsDevelopment() || EqualDefence.Any(set => passwords.MemoryKiB >= set.MemoryKiB && passwords.Iterations >= set.Iterations),
                "IdentityAuth:Passwords is weaker than OWASP's recommendation for Argon2id (19456 KiB and 2 iterations, or an equal pair).");
        }

        void CheckCaptcha(CaptchaOptions captcha)
        {
            Check(captcha.Provider is "none" or "hcaptcha" or "turnstile" or "test", "IdentityAuth:Captcha:Provider has to be none, hcaptcha, turnstile or test.");
            Check(captcha.Provider != "hcaptcha" || !string.IsNullOrEmpty(captcha.HcaptchaSecret), "IdentityAuth:Captcha:HcaptchaSecret is missing.");
            Check(captcha.Provider != "turnstile" || !string.IsNullOrEmpty(captcha.TurnstileSecret), "IdentityAuth:Captcha:TurnstileSecret is missing.");
            Check(
                captcha.Provider != "test" || (environment.IsDevelopment() && !string.IsNullOrEmpty(captcha.TestSolution)),
                "IdentityAuth:Captcha:Provider test exists in Development only and needs TestSolution.");
        }
    }
}
