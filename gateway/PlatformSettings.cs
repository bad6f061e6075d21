using Microsoft.Extensions.Options;

namespace Gateway;

/// <summary>What the gateway knows about itself from the outside; always from configuration, never from a request.</summary>
internal sealed class PlatformSettings(IConfiguration configuration, IOptions<GatewayOptions> options)
{
    /// <summary>Public URL of the platform without a slash at its end, configuration key <c>Platform:BaseUrl</c>.</summary>
    public string BaseUrl { get; } = (configuration["Platform:BaseUrl"] ?? "http://localhost:8080").TrimEnd('/');

    /// <summary>Origins whose pages may read <paramref name="service"/>'s answers; the platform's own pages unless configured.</summary>
    public IReadOnlyCollection<string> AllowedOriginsOf(string service)
        => options.Value.AllowedOrigins.TryGetValue(service, out var origins) ? origins : [BaseUrl];
}
