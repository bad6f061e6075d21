using System.Net;
using System.Net.Mail;
using System.Net.Mime;
using System.Text;

namespace IdentityAuth.Delivery;

/// <summary>Sends mail. The address is placed by the mail library; nothing else in a mail comes from whoever asked for it.</summary>
internal sealed class SmtpSender(IdentityAuthOptions options, MailTexts texts) : IDeliverySender
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    public string Channel => Deliveries.Email;

    public async Task SendAsync(Guid id, DeliveryContent content, CancellationToken cancellationToken)
    {
        var smtp = options.Smtp;
        var (subject, body) = texts.For(content);
        using var mail = new MailMessage { From = new MailAddress(smtp.From), Subject = subject, SubjectEncoding = Encoding.UTF8 };
        mail.To.Add(new MailAddress(content.To));
        mail.Headers.Add("Message-ID", $"<{id}@{mail.From.Host}>");
        mail.Headers.Add("X-Mail-Type", content.Kind);
        // Short lines, sent as they are: nothing breaks a link.
        using var text = AlternateView.CreateAlternateViewFromString(body, new ContentType("text/plain; charset=utf-8"));
        text.TransferEncoding = System.Text.Ascii.IsValid(body) ? TransferEncoding.SevenBit : TransferEncoding.EightBit;
        mail.AlternateViews.Add(text);

        // A client per mail: it holds one connection and sends one mail at a time. Its Timeout counts for the blocking calls only.
        using var client = new SmtpClient(smtp.Host, smtp.Port)
        {
            DeliveryFormat = SmtpDeliveryFormat.International,
            EnableSsl = smtp.StartTls ?? !IsThisMachine(smtp.Host),
        };
        if (!string.IsNullOrEmpty(smtp.User))
        {
            client.Credentials = new NetworkCredential(smtp.User, smtp.Password);
        }

        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(Timeout);
        try
        {
            await client.SendMailAsync(mail, timeout.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DeliveryException("The mail server did not answer in time.", exception);
        }
        catch (SmtpException exception)
        {
#pragma warning disable MA0054 // Not embedded: its text may repeat the recipient, which is not to be in a log.
            throw new DeliveryException($"The mail server refused: {exception.StatusCode}.");
#pragma warning restore MA0054
        }
    }

    private static bool IsThisMachine(string host)
        => host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
