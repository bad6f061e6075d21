using IdentityAuth.Domain;
using ServiceDefaults.Http;

namespace IdentityAuth.Http;

/// <summary>
/// Who calls, and from where (contract §1.6). The gateway writes the address into <c>X-Forwarded-For</c>; the header is believed only
/// when the connection comes from the gateway's network.
/// </summary>
internal static class ClientAddress
{
    private const string Unknown = "0.0.0.0";

    /// <summary>The address in text, IPv4 as IPv4.</summary>
    public static string Of(HttpContext http)
    {
        var address = http.Connection.RemoteIpAddress;
        return (address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4().ToString() : address?.ToString()) ?? Unknown;
    }

    /// <summary>What is kept with a session.</summary>
    public static ClientDevice ClientOf(HttpContext http)
    {
        var agent = RequestText.Normalize(http.Request.Headers.UserAgent.ToString());
        var platform = http.Request.Headers["X-Fluxer-Platform"].ToString().Trim().ToLowerInvariant();
        return new ClientDevice(
            Of(http),
            agent.Length == 0 ? null : RequestText.Cut(agent, ClientDevice.MaximumUserAgentLength),
            platform is "web" or "desktop" or "mobile" ? platform : null);
    }

    /// <summary>Which peers are the gateway.</summary>
    public static void Configure(ForwardedHeadersOptions forwarded, IdentityAuthOptions options, IHostEnvironment _)
        => TrustedProxies.Configure(forwarded, options.TrustedProxies);
}
