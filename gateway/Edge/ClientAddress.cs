using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Edge;

/// <summary>
/// The client is the TCP peer as it is; nothing that a client can write says otherwise. Two loopback addresses are two clients.
/// </summary>
internal static class ClientAddress
{
    /// <summary>The address as services read it: an IPv4 address that came over an IPv6 socket in its IPv4 form, no zone.</summary>
    public static string Of(HttpContext context) => context.Connection.RemoteIpAddress switch
    {
        null => "unknown",
        { IsIPv4MappedToIPv6: true } mapped => mapped.MapToIPv4().ToString(),
        { AddressFamily: AddressFamily.InterNetworkV6, ScopeId: not 0 } scoped => new IPAddress(scoped.GetAddressBytes()).ToString(),
        var address => address.ToString(),
    };

    /// <summary>
    /// Whom limits count: an IPv4 address, or the /64 of an IPv6 address, because one subscriber has a whole /64 (RFC 6177).
    /// Unix sockets and the like share one number.
    /// </summary>
    public static ulong LimitKeyOf(IPAddress? address)
    {
        if (address is null)
        {
            return 0;
        }

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        return address switch
        {
            { AddressFamily: AddressFamily.InterNetwork } => IPv4Key(bytes[..4]),
            { IsIPv4MappedToIPv6: true } => IPv4Key(bytes[12..]),
            _ => BinaryPrimitives.ReadUInt64BigEndian(bytes),
        };
    }

    // 0x1 in the upper half is the prefix 0:1::/32, which no IPv6 client has.
    private static ulong IPv4Key(ReadOnlySpan<byte> bytes) => (1UL << 32) | BinaryPrimitives.ReadUInt32BigEndian(bytes);
}
