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
}
