using System.Text;

namespace Inbox.Mime;

/// <summary>Octets to text by a MIME charset name (RFC 2046 §4.1.2). Never fails: a wrong or unknown name falls back on what the octets look like.</summary>
internal static class Charsets
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// Text in <paramref name="charset"/>. Without a name, with <c>us-ascii</c>, <c>utf-8</c> or a name that nobody here knows: UTF-8 where the
    /// octets are UTF-8, else ISO-8859-1, which gives every octet a character.
    /// </summary>
    public static string Decode(ReadOnlySpan<byte> octets, string? charset)
    {
        if (Find(charset) is { } encoding)
        {
            return encoding.GetString(octets);
        }

        try
        {
            return StrictUtf8.GetString(octets.StartsWith(Encoding.UTF8.Preamble) ? octets[Encoding.UTF8.Preamble.Length..] : octets);
        }
        catch (DecoderFallbackException)
        {
            return Encoding.Latin1.GetString(octets);
        }
    }

    private static Encoding? Find(string? charset)
    {
        switch (charset?.Trim().ToUpperInvariant())
        {
            // ASCII that is not ASCII is nearly always UTF-8 whose sender did not say so.
            case null or "" or "US-ASCII" or "ASCII" or "UTF-8" or "UTF8":
                return null;
            case "ISO-8859-1" or "LATIN1":
                return Encoding.Latin1;
        }

        try
        {
            // The code pages are asked directly: registering them would change Encoding for the whole process.
            return CodePagesEncodingProvider.Instance.GetEncoding(charset) ?? Encoding.GetEncoding(charset);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            // Unknown here, or refused by .NET (UTF-7).
            return null;
        }
    }
}
