using Inbox.Messages;

namespace Inbox.Mime;

/// <summary>Makes a <see cref="Message"/> of a mail as it came over SMTP.</summary>
internal static class MailReader
{
    /// <param name="reversePath">Sender of the envelope, empty for a bounce.</param>
    /// <param name="recipients">Recipients of the envelope, at least one.</param>
    /// <param name="mail">Octets after DATA, dots unstuffed.</param>
    /// <param name="warnings">What was wrong on the wire.</param>
    public static Message Read(
        string reversePath, IReadOnlyList<string> recipients, ReadOnlyMemory<byte> mail, IReadOnlyList<string> warnings, DateTimeOffset now)
    {
        var entity = MimeEntity.Read(mail);
        var content = MailContent.Of(entity);
        var headers = entity.Headers;
        var from = AddressList.Parse(headers.FindAll("From"));
        var to = AddressList.Parse(headers.FindAll("To"));
        var cc = AddressList.Parse(headers.FindAll("Cc"));
        var bcc = AddressList.Parse(headers.FindAll("Bcc"));

        // Who is in the envelope and in no header got a blind copy. Without any destination field the envelope is all there is.
        var named = to.Concat(cc).Concat(bcc).Select(mailbox => mailbox.Address).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var unnamed = recipients.Where(named.Add).Select(address => new Mailbox("", address)).ToList();
        var hasDestination = to.Count + cc.Count + bcc.Count > 0 || headers.Find("To") is not null;

        var text = content.Text.Length > 0 || content.Html.Length == 0 ? content.Text : HtmlText.From(content.Html);
        return new Message
        {
            Id = MessageIds.New(now),
            Kind = MessageKind.Email,
            MessageId = (headers.Find("Message-ID") ?? "").Trim().Trim('<', '>'),
            Created = now,
            From = from.Count > 0 ? from[0] : new("", reversePath),
            To = hasDestination ? to : unnamed,
            Cc = cc,
            Bcc = hasDestination ? [.. bcc, .. unnamed] : [],
            ReplyTo = AddressList.Parse(headers.FindAll("Reply-To")),
            ReturnPath = reversePath,
            Subject = OneLine(EncodedWords.Decode(headers.Find("Subject") ?? "")),
            Snippet = Snippets.From(text),
            Text = text,
            Html = content.Html,
            Headers = [.. headers.All.Select(field => KeyValuePair.Create(field.Key, EncodedWords.Decode(field.Value)))],
            Attachments = content.Attachments,
            Warnings = warnings,
            MediaType = "message/rfc822",
            Raw = mail,
        };
    }

    // An encoded word may hold a line break; a subject has none.
    private static string OneLine(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c)).Trim();
}
