using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;

using IPNetwork = System.Net.IPNetwork;

namespace ServiceDefaults.Http;

/// <summary>
/// Whose <c>X-Forwarded-For</c> names the caller: loopback, where everything runs on one machine, and the networks of the setting
/// <c>TrustedProxies</c>, which are the gateway's. From anybody else the caller is the peer.
/// </summary>
public static class TrustedProxies
{
    private static readonly IPNetwork[] Loopback = [IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::1/128")];

    /// <summary>Reads the setting: comma-separated, each an IP address or a network in CIDR notation. Empty is fine.</summary>
    public static bool TryParse(string? text, out IReadOnlyList<IPNetwork> networks)
    {
        var parsed = new List<IPNetwork>();
        networks = parsed;
        foreach (var part in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (IPNetwork.TryParse(part, out var network))
            {
                parsed.Add(network);
            }
            else if (IPAddress.TryParse(part, out var address))
            {
                parsed.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
            }
            else
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Replaces whatever was known before: <c>ASPNETCORE_FORWARDEDHEADERS_ENABLED</c> empties the lists, and the middleware takes empty
    /// lists for "believe everybody".
    /// </summary>
    /// <param name="trusted">The setting, checked at start.</param>
    public static void Configure(ForwardedHeadersOptions forwarded, string? trusted)
    {
        ArgumentNullException.ThrowIfNull(forwarded);
        forwarded.ForwardedHeaders = ForwardedHeaders.XForwardedFor;
        // The gateway overwrites the header: the last address in it is the one that it saw.
        forwarded.ForwardLimit = 1;
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        _ = TryParse(trusted, out var networks);
        foreach (var network in Loopback.Concat(networks))
        {
            forwarded.KnownIPNetworks.Add(network);
        }
    }
}
