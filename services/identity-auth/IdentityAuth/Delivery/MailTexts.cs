using IdentityAuth.Delivery.Texts;

namespace IdentityAuth.Delivery;

/// <summary>
/// The mails of contract §1.12 in the language of their reader (<see cref="MessageTexts"/>). Tokens travel in the fragment of a link, which
/// no server sees.
/// </summary>
internal sealed class MailTexts(PlatformUrls urls)
{
    /// <returns>Lines end with CRLF, as mail wants it (RFC 5322 §2.3).</returns>
    public (string Subject, string Body) For(DeliveryContent content)
    {
        var texts = MessageTexts.Of(content.Locale);
        return content.Kind switch
        {
            DeliveryKind.EmailVerification => Mail(texts.EmailVerification, Link("verify", content), texts.NotYou),
            DeliveryKind.PasswordReset => Mail(texts.PasswordReset, Link("reset", content), texts.NotYou),
            DeliveryKind.IpAuthorization => Mail(
                texts.IpAuthorization, texts.IpAddress(content.IpAddress!), texts.IpLetIn, Link("authorize-ip", content), texts.IpNotYou),
            DeliveryKind.EmailChangeOriginal => Mail(texts.EmailChangeOriginal, texts.Code(content.Code!), texts.NotYou),
            DeliveryKind.EmailChangeNew => Mail(texts.EmailChangeNew, texts.Code(content.Code!), texts.NotYou),
            DeliveryKind.EmailChangeRevert => Mail(texts.EmailChangeRevert, content.NewEmail!, texts.EmailTakeBack, Link("wasntme", content)),
            DeliveryKind.PasswordChangeVerification => Mail(texts.PasswordChange, texts.Code(content.Code!), texts.NotYou),
            DeliveryKind.AccountDeletion => Mail(new(texts.DeletionSubject, texts.Deletion(content.At!.Value)), texts.DeletionTakeBack),
            _ => throw new ArgumentOutOfRangeException(nameof(content), content.Kind, "There is no mail of this kind."),
        };
    }

    private (string Subject, string Body) Mail(MessageTexts.Mail mail, params IEnumerable<string> paragraphs)
        => (mail.Subject, string.Concat(paragraphs.Prepend(mail.Opening).Append(urls.App).Select(paragraph => $"{paragraph}\r\n\r\n")));

    private string Link(string page, DeliveryContent content) => $"{urls.App}/{page}#token={content.Token}";
}
