using System.Globalization;

namespace Inbox.Smtp;

/// <summary>Parameters behind MAIL FROM (RFC 5321 §4.1.2): SIZE (RFC 1870), BODY (RFC 6152), SMTPUTF8 (RFC 6531).</summary>
/// <param name="Size">Octets announced by the client, or <see langword="null"/>.</param>
/// <param name="IsSmtpUtf8">Whether addresses and header fields may be UTF-8.</param>
internal sealed record MailParameters(long? Size, bool IsSmtpUtf8)
{
    private static readonly SmtpReply Malformed = new(501, "5.5.4", "Parameter is malformed or given twice");

    /// <summary>The parameters, or the refusal that is due.</summary>
    public static (MailParameters? Parameters, SmtpReply? Refusal) Parse(string text)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        long? size = null;
        var utf8 = false;
        foreach (var parameter in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = parameter.IndexOf('=', StringComparison.Ordinal);
            var keyword = (equals < 0 ? parameter : parameter[..equals]).ToUpperInvariant();
            var value = equals < 0 ? null : parameter[(equals + 1)..];
            if (!seen.Add(keyword))
            {
                return (null, Malformed);
            }

            switch (keyword, value)
            {
                // RFC 1870 §3: up to 20 digits, more than a long holds.
                case ("SIZE", { Length: > 0 and <= 20 }) when value.All(char.IsAsciiDigit):
                    size = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var octets) ? octets : long.MaxValue;
                    break;
                case ("BODY", not null) when value.ToUpperInvariant() is "7BIT" or "8BITMIME":
                    break;
                case ("SMTPUTF8", null):
                    utf8 = true;
                    break;
                case ("SIZE" or "BODY" or "SMTPUTF8", _):
                    return (null, Malformed);
                default:
                    return (null, new(555, "5.5.4", "Parameter is not known here"));
            }
        }

        return (new(size, utf8), null);
    }
}
