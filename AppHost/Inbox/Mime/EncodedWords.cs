using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

namespace Inbox.Mime;

/// <summary>Text outside ASCII in header fields: <c>=?charset?B|Q?text?=</c> (RFC 2047).</summary>
internal static partial class EncodedWords
{
    /// <summary>
    /// The text with every encoded word decoded; what is no encoded word stays. White space between two of them is dropped (§6.2). Words of one
    /// charset in a row are decoded together, because many senders cut a character in two (§5 forbids it).
    /// </summary>
    public static string Decode(string text)
    {
        if (!text.Contains("=?", StringComparison.Ordinal))
        {
            return text;
        }

        var decoded = new StringBuilder(text.Length);
        var run = new ArrayBufferWriter<byte>();
        var runCharset = "";
        var position = 0;
        foreach (var match in EncodedWord().EnumerateMatches(text))
        {
            var word = text.AsSpan(match.Index, match.Length);
            var between = text.AsSpan(position, match.Index - position);
            var adjacent = position > 0 && between.IsWhiteSpace();
            var charset = CharsetOf(word);
            if (!adjacent || !string.Equals(charset, runCharset, StringComparison.OrdinalIgnoreCase))
            {
                EndRun();
                decoded.Append(adjacent ? "" : between);
                runCharset = charset;
            }

            AppendOctets(word, run);
            position = match.Index + match.Length;
        }

        EndRun();
        return decoded.Append(text, position, text.Length - position).ToString();

        void EndRun()
        {
            if (run.WrittenCount > 0)
            {
                decoded.Append(Charsets.Decode(run.WrittenSpan, runCharset));
                run.Clear();
            }
        }
    }

    // RFC 2231 §5: a language may follow the charset after an asterisk.
    private static string CharsetOf(ReadOnlySpan<char> word)
    {
        var name = word[2..(2 + word[2..].IndexOf('?'))];
        var language = name.IndexOf('*');
        return (language < 0 ? name : name[..language]).ToString();
    }

    private static void AppendOctets(ReadOnlySpan<char> word, ArrayBufferWriter<byte> run)
    {
        var encoding = 2 + word[2..].IndexOf('?') + 1;
        var octets = Encoding.ASCII.GetBytes(word[(encoding + 2)..^2].ToString());
        if (word[encoding] is 'B' or 'b')
        {
            run.Write(TransferEncodings.Base64(octets).Span);
        }
        else
        {
            TransferEncodings.Unescape(octets, underscoreIsSpace: true, run);
        }
    }

    // §2: charset is a token, the encoded text printable ASCII without space and question mark. The 75 characters of §2 are not checked.
    [GeneratedRegex(@"=\?[!#$%&'*+\-0-9A-Z^_`a-z{|}~]+\?[BbQq]\?[!->@-~]*\?=", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex EncodedWord();
}
