using System.Text;
using Inbox.Messages;

namespace Inbox.Mime;

/// <summary>
/// Reads <c>From</c>, <c>To</c> and the like (RFC 5322 §3.4): names, quoted strings, comments, groups, routes, encoded words. What is no address
/// is shown as it stands rather than dropped.
/// </summary>
internal sealed class AddressList
{
    /// <summary>Mailboxes read from one header; more are cut off, a mail cannot have more recipients than SMTP lets through.</summary>
    private const int MaxMailboxes = 10_000;

    private readonly string text;
    private readonly List<Mailbox> mailboxes = [];
    private readonly StringBuilder verbatim = new();
    private readonly StringBuilder name = new();
    private readonly StringBuilder words = new();
    private readonly StringBuilder comment = new();
    private string? angle;
    private int position;

    private AddressList(string text) => this.text = text;

    public static IReadOnlyList<Mailbox> Parse(string text) => new AddressList(text).Read();

    private List<Mailbox> Read()
    {
        while (position < text.Length && mailboxes.Count < MaxMailboxes)
        {
            var c = text[position++];
            switch (c)
            {
                case ',' or ';':
                    EndMailbox();
                    break;
                case ':':
                    // "Team: a@b, c@d;" – the name of a group is no mailbox.
                    Reset();
                    break;
                case '(':
                    ReadComment();
                    break;
                case '"':
                    ReadQuoted();
                    break;
                case '<':
                    angle = ReadUntil('>');
                    break;
                case '[':
                    // A domain literal, whose colons are no group: user@[IPv6:::1].
                    verbatim.Append('[').Append(ReadUntil(']')).Append(']');
                    break;
                default:
                    verbatim.Append(c);
                    words.Append(c);
                    break;
            }
        }

        EndMailbox();
        return mailboxes;
    }

    private void EndMailbox()
    {
        EndWords();
        if (angle is not null)
        {
            // An obsolete route, <@relay,@relay:user@host>, is not part of the address (§4.4).
            var address = angle.StartsWith('@') && angle.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon ? angle[(colon + 1)..] : angle;
            mailboxes.Add(new(Clean(name), address.Trim()));
        }
        else if (verbatim.ToString().Trim() is { Length: > 0 } address)
        {
            // "user@host (Name)" is how names were written before RFC 822.
            mailboxes.Add(new(EncodedWords.Decode(comment.ToString()).Trim(), EncodedWords.Decode(address)));
        }

        Reset();
    }

    private void Reset()
    {
        verbatim.Clear();
        name.Clear();
        words.Clear();
        comment.Clear();
        angle = null;
    }

    private void ReadQuoted()
    {
        EndWords();
        verbatim.Append('"');
        while (position < text.Length && text[position] != '"')
        {
            if (text[position] == '\\' && position + 1 < text.Length)
            {
                verbatim.Append(text[position++]);
            }

            verbatim.Append(text[position]);
            name.Append(text[position++]);
        }

        verbatim.Append('"');
        position++;
    }

    private void ReadComment()
    {
        for (var depth = 1; position < text.Length && depth > 0; position++)
        {
            var c = text[position];
            depth += c switch { '(' => 1, ')' => -1, _ => 0 };
            if (c == '\\' && position + 1 < text.Length)
            {
                comment.Append(text[++position]);
            }
            else if (depth > 0)
            {
                comment.Append(c);
            }
        }
    }

    private string ReadUntil(char end)
    {
        var start = position;
        var found = text.IndexOf(end, start);
        position = found < 0 ? text.Length : found + 1;
        return text[start..(found < 0 ? text.Length : found)];
    }

    // Encoded words count in unquoted text only (RFC 2047 §5 rule 3).
    private void EndWords()
    {
        name.Append(EncodedWords.Decode(words.ToString()));
        words.Clear();
    }

    private static string Clean(StringBuilder text) => string.Join(' ', text.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
