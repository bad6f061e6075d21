using System.Net;

namespace ScopeSigning.Http;

/// <summary>Reads the setting <c>TrustedProxies</c>.</summary>
internal static class TrustedProxyList
{
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
}
