using Microsoft.AspNetCore.HttpOverrides;

using IPNetwork = System.Net.IPNetwork;

namespace Pairing.Http;

/// <summary>
/// The address of the client, for the rate limit. The gateway writes it into <c>X-Forwarded-For</c>; the header is believed only when
/// the connection comes from the gateway's network.
/// </summary>
internal static class ClientAddress
{
    /// <summary>The address in text, IPv4 as IPv4; <see langword="null"/> when the server does not know it.</summary>
    public static string? Of(HttpContext http)
    {
        var address = http.Connection.RemoteIpAddress;
        return address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4().ToString() : address?.ToString();
    }

    /// <summary>Which peers are the gateway: the configured networks; in Development loopback too, where everything is one machine.</summary>
    public static void Configure(ForwardedHeadersOptions forwarded, PairingOptions options, IHostEnvironment environment)
    {
        forwarded.ForwardedHeaders = ForwardedHeaders.XForwardedFor;
        // The gateway overwrites the header: the last address in it is the one that it saw.
        forwarded.ForwardLimit = 1;
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        foreach (var network in options.TrustedProxies)
        {
            forwarded.KnownIPNetworks.Add(IPNetwork.Parse(network));
        }

        if (environment.IsDevelopment())
        {
            forwarded.KnownIPNetworks.Add(IPNetwork.Parse("127.0.0.0/8"));
            forwarded.KnownIPNetworks.Add(IPNetwork.Parse("::1/128"));
        }

        if (forwarded.KnownIPNetworks.Count == 0)
        {
            // An empty list would mean "believe everybody".
            forwarded.ForwardedHeaders = ForwardedHeaders.None;
        }
    }
}
