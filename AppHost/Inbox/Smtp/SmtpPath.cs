using System.Text;

namespace Inbox.Smtp;

/// <summary>Reverse-path and forward-path (RFC 5321 §4.1.2), with UTF-8 as RFC 6531 §3.3 extends it.</summary>
internal static class SmtpPath
{
    /// <summary>Octets of a path with its angle brackets (§4.5.3.1.3).</summary>
    public const int MaxOctets = 256;

    /// <summary>Octets of a local part (§4.5.3.1.1).</summary>
    public const int MaxLocalPartOctets = 64;

    private const string AtomSpecials = "!#$%&'*+-/=?^_`{|}~";

    /// <summary>
    /// Takes a path from the beginning of <paramref name="text"/>. <paramref name="address"/> is the mailbox without brackets and without an
    /// obsolete source route (§4.1.1.3), empty for the null path; <paramref name="rest"/> is what follows the bracket.
    /// </summary>
    public static bool TryTake(string text, out string address, out string rest)
    {
        (address, rest) = ("", "");
        var end = text.StartsWith('<') ? EndOfPath(text) : -1;
        if (end < 0 || Encoding.UTF8.GetByteCount(text.AsSpan(0, end + 1)) > MaxOctets)
        {
            return false;
        }

        address = text[1..end];
        rest = text[(end + 1)..];
        if (address.StartsWith('@'))
        {
            var colon = address.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0 || !address[..colon].Split(',').All(hop => hop.StartsWith('@') && IsDomain(hop[1..])))
            {
                return false;
            }

            address = address[(colon + 1)..];
            return IsMailbox(address);
        }

        // <Postmaster> is the one address without a domain (§4.1.1.3).
        return address.Length == 0 || address.Equals("postmaster", StringComparison.OrdinalIgnoreCase) || IsMailbox(address);
    }

    public static bool IsAscii(string address) => Ascii.IsValid(address);

    // The first ">" that is not inside a quoted local part.
    private static int EndOfPath(string text)
    {
        var quoted = false;
        for (var i = 1; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '\\' when quoted:
                    i++;
                    break;
                case '"':
                    quoted = !quoted;
                    break;
                case '>' when !quoted:
                    return i;
            }
        }

        return -1;
    }

    private static bool IsMailbox(string mailbox)
    {
        var at = mailbox.LastIndexOf('@');
        return at > 0
            && Encoding.UTF8.GetByteCount(mailbox.AsSpan(0, at)) <= MaxLocalPartOctets
            && (IsDotString(mailbox[..at]) || IsQuotedString(mailbox[..at]))
            && IsDomain(mailbox[(at + 1)..]);
    }

    private static bool IsDotString(string local)
        => local.Split('.').All(atom => atom.Length > 0 && atom.All(c => char.IsAsciiLetterOrDigit(c) || AtomSpecials.Contains(c) || c > 0x7f));

    private static bool IsQuotedString(string local)
    {
        if (local.Length < 2 || local[0] != '"' || local[^1] != '"')
        {
            return false;
        }

        for (var i = 1; i < local.Length - 1; i++)
        {
            // A backslash takes the next character with it, which must not be the closing quote.
            if (local[i] == '\\' ? ++i >= local.Length - 1 : local[i] == '"')
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsDomain(string domain)
        => domain is ['[', .., ']']
            ? domain.Length > 2 && domain[1..^1].All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or ':' or '-')
            : domain.Split('.').All(IsLabel);

    private static bool IsLabel(string label)
        => label.Length is > 0 and <= 63
            && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-' || c > 0x7f)
            && label[0] != '-' && label[^1] != '-';
}
