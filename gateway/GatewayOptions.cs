using System.ComponentModel.DataAnnotations;

namespace Gateway;

/// <summary>Every setting of the gateway, configuration section <c>Gateway</c>. A rate of 0 is switched off.</summary>
internal sealed class GatewayOptions
{
    public const string Section = "Gateway";

    /// <summary>
    /// Time for one request from its first byte to the end of its answer; event streams have none.
    /// 30 s, as scope-signing's contract §11 says; the clients' own time-outs are 10 s and longer.
    /// </summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Largest request body in bytes, 1.5 MiB: above the largest of the services' own limits (1.25 MiB), which they enforce to the
    /// byte. The framing of a chunked body counts.
    /// </summary>
    [Range(1, int.MaxValue)]
    public long MaxRequestBodyBytes { get; set; } = 1536 * 1024;

    /// <summary>
    /// Bytes of all request bodies without a Content-Length together, which are read before they are sent on; beyond it such
    /// requests are shed with 503. 64 MiB.
    /// </summary>
    [Range(1, int.MaxValue)]
    public long MaxHeldBodyBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>
    /// Largest header section in bytes. 24 KiB holds the largest token that a service reads (16 KiB) and stays, with what the
    /// gateway adds, below the 32 KiB at which the services' own servers would refuse without a body.
    /// </summary>
    [Range(1024, 32 * 1024)]
    public int MaxRequestHeaderBytes { get; set; } = 24 * 1024;

    /// <summary>The same on scope-signing's paths: 16 KiB (its contract §11).</summary>
    [Range(1024, 32 * 1024)]
    public int MaxScopeSigningHeaderBytes { get; set; } = 16 * 1024;

    /// <summary>Requests per second and client address, everywhere but on scope-signing's paths. The services have finer limits.</summary>
    [Range(0, 1_000_000)]
    public int RequestsPerSecond { get; set; } = 100;

    /// <summary>Requests that a client address may send at once before <see cref="RequestsPerSecond"/> binds it.</summary>
    [Range(1, 1_000_000)]
    public int RequestBurst { get; set; } = 200;

    /// <summary>Requests per minute and client address that may change something, on scope-signing's paths (its contract §11).</summary>
    [Range(0, 1_000_000)]
    public int ScopeSigningWritesPerMinute { get; set; } = 300;

    /// <summary>Requests per minute and client address that only read (GET, HEAD, OPTIONS), on scope-signing's paths.</summary>
    [Range(0, 1_000_000)]
    public int ScopeSigningReadsPerMinute { get; set; } = 1200;

    /// <summary>
    /// Requests at work per service; more are shed with 503. One per service, so that a service that hangs cannot take the
    /// others with it.
    /// </summary>
    [Range(1, 100_000)]
    public int ConcurrentRequestsPerService { get; set; } = 1000;

    /// <summary>Open event streams per service; more are shed with 503.</summary>
    [Range(1, 100_000)]
    public int ConcurrentStreamsPerService { get; set; } = 4000;

    /// <summary>
    /// Session tokens whose access token is kept, for at most 30 s each. 10 000 take about 15 MB; beyond it the oldest are asked for
    /// again.
    /// </summary>
    [Range(1, 1_000_000)]
    public int MaxKeptExchanges { get; set; } = 10_000;

    /// <summary>Pause between two health probes of an instance.</summary>
    public TimeSpan HealthInterval { get; set; } = TimeSpan.FromSeconds(0.5);

    /// <summary>
    /// Time after which a probe without an answer has failed. Longer than the second that a service gives each of its checks. Two failures
    /// in a row, so 4 s, take an instance out; three without any answer, so 6 s, end the requests that are at work there.
    /// </summary>
    public TimeSpan HealthTimeout { get; set; } = TimeSpan.FromSeconds(1.5);

    /// <summary>
    /// Origins of browsers, per service, that may read errors made by the gateway, for the services whose contract names no
    /// other rule than "configured": <c>identity-auth</c> and <c>device-registry</c>. Without a setting: <c>Platform:BaseUrl</c>.
    /// </summary>
    public Dictionary<string, string[]> AllowedOrigins { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Links for developers at the foot of the account pages, by the text that they show: the inbox and the dashboard. None
    /// outside development.
    /// </summary>
    public Dictionary<string, Uri> DeveloperLinks { get; } = new(StringComparer.OrdinalIgnoreCase);
}
