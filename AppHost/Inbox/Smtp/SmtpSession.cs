using Inbox.Messages;
using Inbox.Mime;

namespace Inbox.Smtp;

/// <summary>
/// One SMTP conversation (RFC 5321), a receiver that delivers everything to the inbox and relays nothing. Extensions: SIZE, 8BITMIME,
/// SMTPUTF8, PIPELINING, ENHANCEDSTATUSCODES. No AUTH and no STARTTLS: it is reachable from this machine only.
/// </summary>
internal sealed class SmtpSession(SmtpConnection connection, InboxOptions options, MessageStore store, TimeProvider clock, ILogger logger)
{
    /// <summary>Refused commands after which the client is sent away; it is not going to get it right (§4.5.4.1 leaves the number open).</summary>
    private const int MaxErrors = 20;

    private static readonly SmtpReply Ok = new(250, "2.0.0", "Ok");
    private static readonly SmtpReply NeedHello = new(503, "5.5.1", "Send EHLO or HELO first");

    private readonly List<string> recipients = [];
    private bool greeted;
    private string? reversePath;
    private MailParameters? parameters;
    private int errors;

    /// <summary>Talks until the client quits, closes or misbehaves, or <paramref name="stopping"/> is asked for.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            connection.Reply(new(220, "", "localhost ESMTP inbox: everything ends here"));
            while (await TakeCommandAsync(stopping) && errors < MaxErrors)
            {
            }

            if (errors >= MaxErrors)
            {
                connection.Reply(new(421, "4.7.0", "Too many errors, closing"));
            }
        }
        catch (TimeoutException)
        {
            connection.Reply(new(421, "4.4.2", "Idle for too long, closing"));
        }
        catch (OperationCanceledException)
        {
            connection.Reply(new(421, "4.3.2", "Shutting down"));
        }

        await connection.CloseAsync(patience: TimeSpan.FromSeconds(1));
    }

    private async Task<bool> TakeCommandAsync(CancellationToken stopping)
    {
        var (outcome, line) = await connection.ReadCommandAsync(stopping);
        switch (outcome)
        {
            case CommandLineOutcome.Closed:
                return false;
            case CommandLineOutcome.BareLineFeed:
                // Closed at once, because where the next command would begin is a matter of opinion (§2.3.8).
                connection.Reply(new(521, "5.5.2", "Bare LF: lines end with CRLF, closing"));
                return false;
            case CommandLineOutcome.TooLong:
                Answer(new(500, "5.5.2", "Line too long"));
                return true;
            case CommandLineOutcome.NotText:
                Answer(new(500, "5.5.2", "Line holds control characters or is not UTF-8"));
                return true;
        }

        // §4.1.1: white space before CRLF is tolerated.
        var command = line.TrimEnd(' ');
        var space = command.IndexOf(' ', StringComparison.Ordinal);
        var verb = (space < 0 ? command : command[..space]).ToUpperInvariant();
        var argument = space < 0 ? "" : command[(space + 1)..];
        switch (verb)
        {
            case "QUIT":
                connection.Reply(argument.Length == 0 ? new(221, "2.0.0", "Bye") : new(501, "5.5.4", "QUIT takes no argument"));
                return argument.Length > 0;
            case "GET" or "POST" or "PUT" or "CONNECT" or "OPTIONS" or "HEAD":
                // A browser that was sent here: what follows may be anybody's text, and must not be taken for commands.
                connection.Reply(new(521, "5.5.1", "This is SMTP, not HTTP, closing"));
                return false;
            case "DATA":
                return await TakeMailAsync(argument, stopping);
            default:
                Answer(Handle(verb, argument));
                return true;
        }
    }

    private SmtpReply Handle(string verb, string argument) => verb switch
    {
        "EHLO" => Hello(argument, extended: true),
        "HELO" => Hello(argument, extended: false),
        "MAIL" => Mail(argument),
        "RCPT" => Recipient(argument),
        "RSET" => argument.Length == 0 ? Reset() : new(501, "5.5.4", "RSET takes no argument"),
        "NOOP" => Ok,
        "HELP" => new(214, "2.0.0", "EHLO HELO MAIL RCPT DATA RSET NOOP VRFY HELP QUIT"),

        // §3.5.3: any address is delivered, so there is nothing to verify.
        "VRFY" => argument.Length > 0 ? new(252, "2.5.0", "Any address is accepted") : new(501, "5.5.4", "Syntax: VRFY address"),
        "AUTH" or "STARTTLS" or "EXPN" or "BDAT" or "TURN" or "ETRN" or "SEND" or "SOML" or "SAML" => new(502, "5.5.1", "Not offered here"),
        _ => new(500, "5.5.2", "Command not recognized"),
    };

    private SmtpReply Hello(string domain, bool extended)
    {
        if (domain.Length == 0)
        {
            return new(501, "5.5.4", $"Syntax: {(extended ? "EHLO" : "HELO")} domain");
        }

        Reset();
        greeted = true;
        return extended
            ? new(250, "", "localhost", $"SIZE {options.MaxMailBytes}", "8BITMIME", "SMTPUTF8", "PIPELINING", "ENHANCEDSTATUSCODES", "HELP")
            : new(250, "", "localhost");
    }

    private SmtpReply Mail(string argument)
    {
        if (!greeted)
        {
            return NeedHello;
        }

        if (reversePath is not null)
        {
            return new(503, "5.5.1", "A mail is under way, send RSET first");
        }

        if (!TakePath(argument, "FROM:", out var address, out var rest))
        {
            return new(501, "5.1.7", "Syntax: MAIL FROM:<address>");
        }

        var (given, refusal) = MailParameters.Parse(rest);
        if (given is null)
        {
            return refusal!;
        }

        if (given.Size > options.MaxMailBytes)
        {
            return TooLarge();
        }

        if (!given.IsSmtpUtf8 && !SmtpPath.IsAscii(address))
        {
            return NeedSmtpUtf8();
        }

        (reversePath, parameters) = (address, given);
        return new(250, "2.1.0", "Sender ok");
    }

    private SmtpReply Recipient(string argument)
    {
        if (reversePath is null)
        {
            return greeted ? new(503, "5.5.1", "Send MAIL first") : NeedHello;
        }

        if (!TakePath(argument, "TO:", out var address, out var rest) || address.Length == 0)
        {
            return new(501, "5.1.3", "Syntax: RCPT TO:<address>");
        }

        if (rest.Trim().Length > 0)
        {
            return new(555, "5.5.4", "Parameter is not known here");
        }

        if (!parameters!.IsSmtpUtf8 && !SmtpPath.IsAscii(address))
        {
            return NeedSmtpUtf8();
        }

        // §4.5.3.1.10: 452, so that the client sends the rest in another mail.
        if (recipients.Count >= options.MaxRecipients)
        {
            return new(452, "4.5.3", "Too many recipients");
        }

        recipients.Add(address);
        return new(250, "2.1.5", "Recipient ok");
    }

    private async Task<bool> TakeMailAsync(string argument, CancellationToken stopping)
    {
        if (reversePath is null || recipients.Count == 0 || argument.Length > 0)
        {
            Answer(
                !greeted ? NeedHello
                : reversePath is null ? new(503, "5.5.1", "Send MAIL first")
                : recipients.Count == 0 ? new(554, "5.5.1", "No valid recipients")
                : new(501, "5.5.4", "DATA takes no argument"));
            return true;
        }

        connection.Reply(new(354, "", "End with a line that holds a single dot"));
        var data = new MailDataReader(options.MaxMailBytes);

        // A mail that is too large is read to its end, as the client cannot be told before; ten times too large is not.
        if (!await connection.ReadDataAsync(data, abandonAfter: 10L * options.MaxMailBytes, stopping))
        {
            if (data.IsTooLarge)
            {
                connection.Reply(TooLarge());
            }

            return false;
        }

        Answer(data.IsTooLarge ? TooLarge() : Deliver(reversePath, data));
        Reset();
        return true;
    }

    private SmtpReply Deliver(string sender, MailDataReader data)
    {
        var warnings = new List<string>();
        if (data.HasBareLineBreaks)
        {
            warnings.Add("Holds CR or LF alone (RFC 5321 §2.3.8); many servers refuse such a mail.");
        }

        if (data.HasLongLines)
        {
            warnings.Add("Holds lines of more than 998 octets (RFC 5321 §4.5.3.1.6); some servers break or refuse them.");
        }

        try
        {
            var message = MailReader.Read(sender, [.. recipients], data.Content, warnings, clock.GetUtcNow());
            store.Add(message);
            logger.LogInformation("Mail {Id} accepted: {Octets} octets, {Recipients} recipients.", message.Id, data.Octets, recipients.Count);
            return new(250, "2.0.0", $"Ok: {message.Id}");
        }
#pragma warning disable CA1031 // A mail that breaks the reader must not break the session or the server; it is a defect, so it is logged as one.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            logger.LogError(exception, "A mail of {Octets} octets could not be read.", data.Octets);
            return new(451, "4.3.0", "Could not read this mail, see the log");
        }
    }

    private SmtpReply Reset()
    {
        recipients.Clear();
        (reversePath, parameters) = (null, null);
        return Ok;
    }

    private void Answer(SmtpReply reply)
    {
        errors += reply.IsError ? 1 : 0;
        connection.Reply(reply);
    }

    private SmtpReply TooLarge() => new(552, "5.3.4", $"More than {options.MaxMailBytes} octets");

    private static SmtpReply NeedSmtpUtf8() => new(553, "5.6.7", "An address outside ASCII needs SMTPUTF8");

    // Many clients put a space after the colon, which §3.3 does not allow and everybody understands.
    private static bool TakePath(string argument, string keyword, out string address, out string rest)
    {
        (address, rest) = ("", "");
        return argument.StartsWith(keyword, StringComparison.OrdinalIgnoreCase)
            && SmtpPath.TryTake(argument[keyword.Length..].TrimStart(' '), out address, out rest)
            && (rest.Length == 0 || rest[0] == ' ');
    }
}
