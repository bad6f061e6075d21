using System.Net;
using System.Text;

namespace Inbox.Mime;

/// <summary>Readable text of an HTML mail, for previews, searches and readers of <c>Text</c>. One pass, no parser of the whole language.</summary>
internal static class HtmlText
{
    private static readonly HashSet<string> Blocks = new(StringComparer.OrdinalIgnoreCase)
    {
        "address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header",
        "hr", "li", "main", "ol", "p", "pre", "section", "table", "tr", "ul",
    };

    // Elements whose content is not text for a reader.
    private static readonly HashSet<string> Hidden = new(StringComparer.OrdinalIgnoreCase) { "head", "script", "style", "template", "title" };

    /// <summary>Text without tags: blocks become lines, white space collapses, links keep their address in parentheses behind the text.</summary>
    public static string From(string html)
    {
        var text = new StringBuilder(html.Length / 2);
        var rest = html.AsSpan();
        string? link = null;
        while (!rest.IsEmpty)
        {
            var tagStart = rest.IndexOf('<');
            AppendText(text, tagStart < 0 ? rest : rest[..tagStart]);
            rest = tagStart < 0 ? [] : rest[tagStart..];
            if (rest.IsEmpty)
            {
                break;
            }

            var tag = TakeTag(ref rest);
            var name = NameOf(tag, out var closing);
            if (name.Length == 0)
            {
                // "a < b" is text; comments and declarations are not.
                AppendText(text, tag is "<" ? "&lt;" : []);
            }
            else if (Hidden.Contains(name) && !closing)
            {
                SkipTo("</" + name, ref rest);
            }
            else if (Blocks.Contains(name))
            {
                EndLine(text);
            }
            else if (name.Equals("a", StringComparison.OrdinalIgnoreCase))
            {
                link = closing ? AppendLink(text, link) : Href(tag);
            }
        }

        return text.ToString().Trim();
    }

    private static ReadOnlySpan<char> TakeTag(ref ReadOnlySpan<char> rest)
    {
        if (rest.StartsWith("<!--"))
        {
            var close = rest.IndexOf("-->");
            var comment = close < 0 ? rest : rest[..(close + 3)];
            rest = rest[comment.Length..];
            return comment;
        }

        var isTag = rest.Length > 1 && (char.IsAsciiLetter(rest[1]) || rest[1] is '/' or '!' or '?');
        var end = isTag ? EndOfTag(rest) : 1;
        var tag = rest[..end];
        rest = rest[end..];
        return tag;
    }

    // A ">" inside a quoted attribute does not end the tag.
    private static int EndOfTag(ReadOnlySpan<char> rest)
    {
        var quote = '\0';
        for (var i = 1; i < rest.Length; i++)
        {
            var c = rest[i];
            if (quote != '\0')
            {
                quote = c == quote ? '\0' : quote;
            }
            else if (c is '"' or '\'' && rest[i - 1] is '=' or ' ')
            {
                quote = c;
            }
            else if (c == '>')
            {
                return i + 1;
            }
        }

        return rest.Length;
    }

    private static string NameOf(ReadOnlySpan<char> tag, out bool closing)
    {
        closing = tag.StartsWith("</");
        var name = tag[(closing ? 2 : 1)..];
        var length = 0;
        while (length < name.Length && char.IsAsciiLetterOrDigit(name[length]))
        {
            length++;
        }

        return name[..length].ToString();
    }

    private static void SkipTo(string closingTag, ref ReadOnlySpan<char> rest)
    {
        var close = rest.IndexOf(closingTag, StringComparison.OrdinalIgnoreCase);
        rest = close < 0 ? [] : rest[close..];
    }

    private static void AppendText(StringBuilder text, ReadOnlySpan<char> html)
    {
        foreach (var c in WebUtility.HtmlDecode(html.ToString()))
        {
            if (!char.IsWhiteSpace(c))
            {
                text.Append(c);
            }
            else if (text.Length > 0 && text[^1] is not (' ' or '\n'))
            {
                text.Append(' ');
            }
        }
    }

    private static void EndLine(StringBuilder text)
    {
        while (text.Length > 0 && text[^1] == ' ')
        {
            text.Length--;
        }

        if (text.Length > 0 && text[^1] != '\n')
        {
            text.Append('\n');
        }
    }

    private static string? AppendLink(StringBuilder text, string? link)
    {
        // A link whose text already is its address is not written twice.
        if (link is { Length: > 0 } && !EndsWith(text, link))
        {
            text.Append(" (").Append(link).Append(')');
        }

        return null;
    }

    private static bool EndsWith(StringBuilder text, string end)
        => text.Length >= end.Length && text.ToString(text.Length - end.Length, end.Length).Equals(end, StringComparison.Ordinal);

    private static string? Href(ReadOnlySpan<char> tag)
    {
        var start = tag.IndexOf("href=", StringComparison.OrdinalIgnoreCase);
        if (start < 0 || start + 5 >= tag.Length)
        {
            return null;
        }

        var value = tag[(start + 5)..];
        var quoted = value[0] is '"' or '\'';
        var end = quoted ? value[1..].IndexOf(value[0]) : value.IndexOfAny(" >\t\r\n");
        return end < 0 ? null : WebUtility.HtmlDecode(value.Slice(quoted ? 1 : 0, end).ToString()).Trim();
    }
}
