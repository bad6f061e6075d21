using System.Net;
using System.Net.Mail;
using System.Net.Mime;
using System.Text;
using Microsoft.Extensions.Options;
using ScopeSigning.Domain;

namespace ScopeSigning.Delivery;

/// <summary>Sends one mail. The address is placed by the mail library; nothing else in the mail comes from the requester.</summary>
internal sealed class SmtpSender(IOptions<ScopeSigningOptions> options, IssuerIdentity identity, TimeProvider clock)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    public async Task SendAsync(Guid id, DeliveryContent content, CancellationToken cancellationToken)
    {
        var smtp = options.Value.Delivery.Smtp;
        using var mail = new MailMessage
        {
            From = new MailAddress(smtp.From!),
            Subject = SubjectOf(content),
            SubjectEncoding = Encoding.UTF8,
        };
        mail.To.Add(new MailAddress(content.Email!));
        mail.Headers.Add("Message-ID", $"<{id}@{mail.From.Host}>");
        mail.Headers.Add("X-Scope-Signing-Kind", content.Kind);
        // ASCII only and short lines, so the text goes as it is: nothing breaks the link.
        using var text = AlternateView.CreateAlternateViewFromString(TextOf(content), new ContentType("text/plain; charset=utf-8"));
        text.TransferEncoding = TransferEncoding.SevenBit;
        mail.AlternateViews.Add(text);

        // A client per mail: it holds one connection and sends one mail at a time. Its Timeout counts for the blocking calls only.
        using var client = new SmtpClient(smtp.Host, smtp.Port)
        {
            DeliveryFormat = SmtpDeliveryFormat.International,
            EnableSsl = smtp.StartTls ?? !IsThisMachine(smtp.Host!),
        };
        if (smtp.User is not null)
        {
            client.Credentials = new NetworkCredential(smtp.User, smtp.Password);
        }

        using var timeout = new CancellationTokenSource(Timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await client.SendMailAsync(mail, either.Token);
        }
        catch (OperationCanceledException exception) when (timeout.IsCancellationRequested)
        {
            throw new DeliveryException("The mail server did not answer in time.", exception);
        }
        catch (SmtpException exception)
        {
#pragma warning disable MA0054 // Not embedded: its text may repeat the recipient, which is not to be in a log.
            throw new DeliveryException($"The mail server refused: {exception.StatusCode}.") { IsFinal = IsFinal(exception.StatusCode) };
#pragma warning restore MA0054
        }
    }

    private static string SubjectOf(DeliveryContent content) => content.Kind == DeliveryContent.KeyRevoke
        ? "Your code to revoke your key"
        : "Confirm your e-mail address";

    private string TextOf(DeliveryContent content)
    {
        var text = new StringBuilder();
        if (content.Kind == DeliveryContent.KeyRevoke)
        {
            text.Append("Somebody, hopefully you, asked to revoke the key that is bound to this e-mail address.\r\n");
            text.Append("With this code the key is revoked for good:\r\n\r\n");
            text.Append("Code: ").Append(content.Code).Append("\r\n\r\n");
        }
        else
        {
            text.Append("Somebody, hopefully you, asked to confirm this e-mail address.\r\n\r\n");
            text.Append("Code: ").Append(content.Code).Append("\r\n");
            text.Append("Link: ").Append(content.Link).Append("\r\n\r\n");
        }

        return text.Append("If it was not you, do nothing.\r\n\r\n").Append(identity.BaseUrl).Append("\r\n").ToString();
    }

    /// <summary>RFC 5321 §4.2.1: 5yz is for good, 4yz is for now. A connection that fails has no such code.</summary>
    private static bool IsFinal(SmtpStatusCode status) => (int)status is >= 500 and < 600;

    private static bool IsThisMachine(string host)
        => host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
