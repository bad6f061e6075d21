using System.Buffers;

namespace IdentityAuth.Domain;

/// <summary>What is wrong with an e-mail address.</summary>
public enum EmailFault
{
    None,
    Length,
    Format,
    LocalPart,
}

/// <summary>E-mail addresses as this API takes them (contract §1.3): a subset of RFC 5321 §4.1.2 that every mail server carries.</summary>
public static class EmailAddress
{
    /// <summary>RFC 5321 §4.5.3.1.3: a path has 256 octets with its angle brackets.</summary>
    public const int MaximumLength = 254;

    private const int MaximumLocalPartLength = 64;
    private const int MaximumLabelLength = 63;

    private static readonly SearchValues<char> LocalPart = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.!#$%&'*+/=?^_`{|}~-");

    private static readonly SearchValues<char> Label = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-");

    public static EmailFault Check(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length is 0 or > MaximumLength)
        {
            return EmailFault.Length;
        }

        var at = text.LastIndexOf('@');
        if (at <= 0 || !IsDomain(text.AsSpan(at + 1)))
        {
            return EmailFault.Format;
        }

        var local = text.AsSpan(0, at);
        if (local.ContainsAnyExcept(LocalPart))
        {
            return EmailFault.LocalPart;
        }

        return local.Length > MaximumLocalPartLength || local[0] == '.' || local[^1] == '.' || local.Contains("..", StringComparison.Ordinal)
            ? EmailFault.Format
            : EmailFault.None;
    }

    /// <summary>The form in which addresses are compared: without case.</summary>
    public static string Key(string address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.ToLowerInvariant();
    }

    public static bool AreSame(string? one, string? other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);

    // RFC 1123 §2.1. At least two labels: mail to a single name stays within one machine.
    private static bool IsDomain(ReadOnlySpan<char> domain)
    {
        var labels = 0;
        foreach (var range in domain.Split('.'))
        {
            var label = domain[range];
            if (label.Length is 0 or > MaximumLabelLength || label.ContainsAnyExcept(Label) || label[0] == '-' || label[^1] == '-')
            {
                return false;
            }

            labels++;
        }

        return labels >= 2;
    }
}
