using System.ComponentModel.DataAnnotations;

namespace Inbox;

/// <summary>Every setting of the inbox; configuration section <c>Inbox</c>.</summary>
public sealed class InboxOptions
{
    public const string Section = "Inbox";

    /// <summary>TCP port of the SMTP server on loopback. 0 takes any free port. Default 1025, where Mailpit listens too.</summary>
    [Range(0, 65_535)]
    public int SmtpPort { get; set; } = 1025;

    /// <summary>Messages kept, of all kinds together; the oldest goes first. Default 1 000.</summary>
    [Range(1, 100_000)]
    public int MaxMessages { get; set; } = 1_000;

    /// <summary>
    /// Bytes kept: what arrived plus the text decoded from it. The oldest goes first, the newest always stays.
    /// Default 64 MiB, which holds an afternoon of mail in a process that is meant to stay small.
    /// </summary>
    [Range(1, long.MaxValue)]
    public long MaxBytes { get; set; } = 64L * 1024 * 1024;

    /// <summary>Octets of one mail, as announced by the SMTP extension SIZE (RFC 1870). Default 10 MiB, as Postfix has it.</summary>
    [Range(1_024, 1024 * 1024 * 1024)]
    public int MaxMailBytes { get; set; } = 10 * 1024 * 1024;

    /// <summary>Recipients of one mail. Default 100, the least that RFC 5321 §4.5.3.1.8 allows.</summary>
    [Range(100, 10_000)]
    public int MaxRecipients { get; set; } = 100;

    /// <summary>SMTP connections open at once. Default 50: more than a stack with replicas opens, few enough to stay cheap.</summary>
    [Range(1, 10_000)]
    public int MaxConnections { get; set; } = 50;

    /// <summary>How long an SMTP client may be silent. Default 5 minutes (RFC 5321 §4.5.3.2.7).</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan SmtpIdleTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Bytes of one posted SMS, push or letter. Default 64 KiB; real ones are below 8 KiB.</summary>
    [Range(1_024, 16 * 1024 * 1024)]
    public int MaxPostBytes { get; set; } = 64 * 1024;

    /// <summary>
    /// Names under which the page and the API answer. Default: loopback only, so that a foreign site cannot read the codes
    /// in here by pointing its own name at this machine (DNS rebinding).
    /// </summary>
    [Required]
    public string AllowedHosts { get; set; } = "localhost;127.0.0.1;[::1]";
}
