using System.Text;

namespace Inbox.Messages;

/// <summary>
/// A search: words and <c>"phrases"</c> that must all occur, case-insensitive, in subject, text, sender or recipients. A prefix looks in one
/// place: <c>from:</c>, <c>to:</c> (Cc and Bcc too), <c>subject:</c>, <c>kind:</c> and <c>message-id:</c> (both whole). A <c>-</c> or <c>!</c> before it: must not occur.
/// </summary>
public sealed class MessageQuery
{
    /// <summary>Characters of a search; nobody types more, and each term costs a pass over every text.</summary>
    public const int MaxLength = 500;

    private readonly List<Term> terms = [];

    private MessageQuery()
    {
    }

    /// <summary>A query that everything matches.</summary>
    public static MessageQuery All { get; } = new();

    public static MessageQuery Parse(string text)
    {
        var query = new MessageQuery();
        foreach (var word in Split(text))
        {
            var negated = word.Length > 1 && word[0] is '-' or '!';
            var term = negated ? word[1..] : word;
            var colon = term.IndexOf(':', StringComparison.Ordinal);
            var field = colon > 0 ? FieldOf(term[..colon]) : Field.Anywhere;
            var value = (field == Field.Anywhere ? term : term[(colon + 1)..]).Replace("\"", "", StringComparison.Ordinal).Trim();
            if (value.Length > 0)
            {
                query.terms.Add(new(field, value, negated));
            }
        }

        return query;
    }

    public bool Matches(Message message) => terms.TrueForAll(term => Occurs(term, message) != term.Negated);

    private enum Field
    {
        Anywhere,
        From,
        To,
        Subject,
        Kind,
        MessageId,
    }

    private static Field FieldOf(string prefix) => prefix.ToUpperInvariant() switch
    {
        "FROM" => Field.From,
        "TO" => Field.To,
        "SUBJECT" => Field.Subject,
        "KIND" => Field.Kind,
        "MESSAGE-ID" => Field.MessageId,

        // "Code: 123456" and "http://…" are words like any other.
        _ => Field.Anywhere,
    };

    private static bool Occurs(Term term, Message message) => term.Field switch
    {
        Field.From => In(term, message.From) || Contains(message.ReturnPath, term),
        Field.To => Recipients(message).Any(mailbox => In(term, mailbox)),
        Field.Subject => Contains(message.Subject, term),
        Field.Kind => message.Kind.Equals(term.Value, StringComparison.OrdinalIgnoreCase),
        Field.MessageId => message.MessageId.Equals(term.Value, StringComparison.OrdinalIgnoreCase),
        _ => Contains(message.Subject, term) || Contains(message.Text, term) || In(term, message.From) || Recipients(message).Any(mailbox => In(term, mailbox)),
    };

    private static IEnumerable<Mailbox> Recipients(Message message) => message.To.Concat(message.Cc).Concat(message.Bcc);

    private static bool In(Term term, Mailbox mailbox) => Contains(mailbox.Address, term) || Contains(mailbox.Name, term);

    private static bool Contains(string text, Term term) => text.Contains(term.Value, StringComparison.OrdinalIgnoreCase);

    // At white space outside quotes; a quote that never closes runs to the end.
    private static IEnumerable<string> Split(string text)
    {
        var word = new StringBuilder();
        var quoted = false;
        foreach (var c in text)
        {
            quoted ^= c == '"';
            if (char.IsWhiteSpace(c) && !quoted)
            {
                yield return word.ToString();
                word.Clear();
            }
            else
            {
                word.Append(c);
            }
        }

        yield return word.ToString();
    }

    private sealed record Term(Field Field, string Value, bool Negated);
}
