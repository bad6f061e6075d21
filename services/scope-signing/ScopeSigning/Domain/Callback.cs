using System.Globalization;
using System.Text;

namespace ScopeSigning.Domain;

/// <summary>
/// Rules for the address that the phone is told to connect to. The service itself never opens, resolves or follows it; the rules
/// keep a phone or a later component from being turned against an inner network.
/// </summary>
internal static class Callback
{
    public const int MaximumLength = 2000;

    /// <summary>Names that never belong to a host of the public internet (RFC 6761, RFC 6762, RFC 7686, RFC 8375, ICANN name collisions).</summary>
    private static readonly string[] PrivateTopLevels = ["localhost", "local", "internal", "intranet", "lan", "corp", "home", "onion"];

    private static readonly string[] LoopbackHosts = ["localhost", "127.0.0.1", "[::1]"];

    /// <param name="callback">The percent-decoded query value.</param>
    /// <param name="allowInsecure">Development only: <c>http</c> and the three loopback names too.</param>
    public static bool IsAllowed(string callback, bool allowInsecure)
    {
        if (callback.Length is 0 or > MaximumLength || callback.Any(static c => c is <= ' ' or '\\' or '#' or >= '\u007f'))
        {
            return false;
        }

        var schemeEnd = callback.IndexOf("://", StringComparison.Ordinal);
        if (schemeEnd < 0)
        {
            return false;
        }

        var scheme = callback.AsSpan(0, schemeEnd);
        if (!scheme.Equals("https", StringComparison.OrdinalIgnoreCase)
            && !(allowInsecure && scheme.Equals("http", StringComparison.OrdinalIgnoreCase)))
        {
            return false;
        }

        var rest = callback.AsSpan(schemeEnd + 3);
        var end = rest.IndexOfAny('/', '?');
        var authority = end < 0 ? rest : rest[..end];
        return TrySplit(authority, out var host, out var port)
            && IsAllowedPort(port, allowInsecure)
            && ((allowInsecure && LoopbackHosts.Contains(host, StringComparer.OrdinalIgnoreCase)) || IsAllowedHost(host));
    }

    private static bool TrySplit(ReadOnlySpan<char> authority, out string host, out string? port)
    {
        host = "";
        port = null;
        if (authority.IsEmpty || authority.Contains('@'))
        {
            return false;
        }

        var hostEnd = authority[0] == '[' ? authority.IndexOf(']') + 1 : authority.IndexOf(':');
        if (authority[0] == '[' && hostEnd == 0)
        {
            return false;
        }

        hostEnd = hostEnd < 0 ? authority.Length : hostEnd;
        host = authority[..hostEnd].ToString();
        var after = authority[hostEnd..];
        if (after.IsEmpty)
        {
            return true;
        }

        port = after[1..].ToString();
        return after[0] == ':';
    }

    private static bool IsAllowedPort(string? port, bool allowInsecure)
    {
        if (port is null)
        {
            return true;
        }

        return port.Length is >= 1 and <= 5
            && port[0] != '0'
            && int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && (number is 443 or (>= 1024 and <= 65535) || (allowInsecure && number == 80));
    }

    private static bool IsAllowedHost(string host)
    {
        // Percent-escapes are decoded first, so that no spelling of an address slips through. A host that decodes to something
        // outside ASCII is refused: an internationalised name has an ASCII form (RFC 5890 §2.3.2.1), which is what to write.
        if (!TryDecode(host, out var name) || !DnsName.IsPublicName(name))
        {
            return false;
        }

        var lower = name.ToLowerInvariant();
        var last = lower[(lower.LastIndexOf('.') + 1)..];
        return !PrivateTopLevels.Contains(last, StringComparer.Ordinal)
            && lower != "home.arpa"
            && !lower.EndsWith(".home.arpa", StringComparison.Ordinal);
    }

    private static bool TryDecode(string host, out string name)
    {
        name = host;
        if (!host.Contains('%', StringComparison.Ordinal))
        {
            return true;
        }

        var decoded = new StringBuilder(host.Length);
        for (var i = 0; i < host.Length; i++)
        {
            if (host[i] != '%')
            {
                decoded.Append(host[i]);
            }
            else if (i + 2 < host.Length && char.IsAsciiHexDigit(host[i + 1]) && char.IsAsciiHexDigit(host[i + 2]))
            {
                decoded.Append((char)Convert.ToByte(host.Substring(i + 1, 2), 16));
                i += 2;
            }
            else
            {
                return false;
            }
        }

        name = decoded.ToString();
        return Ascii.IsValid(name);
    }
}
