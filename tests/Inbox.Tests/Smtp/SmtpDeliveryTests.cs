using System.Net.Mail;
using System.Net.Mime;
using System.Text;
using Microsoft.Extensions.DependencyInjection;

namespace Inbox.Tests.Smtp;

/// <summary>Mail that is taken, from raw sockets and from the framework's own client.</summary>
public sealed class SmtpDeliveryTests : IAsyncLifetime
{
    private readonly InboxHost inbox = new();

    public ValueTask InitializeAsync() => inbox.InitializeAsync();

    public ValueTask DisposeAsync() => inbox.DisposeAsync();

    [Fact]
    public async Task Hello_Extended_AnnouncesExtensionsAndSize()
    {
        await using var client = await inbox.ConnectAsync();
        await client.ReadReplyAsync();

        Assert.Equal(
            "250-localhost\n250-SIZE 10485760\n250-8BITMIME\n250-SMTPUTF8\n250-PIPELINING\n250-ENHANCEDSTATUSCODES\n250 HELP",
            await client.SendAsync("EHLO client.example"));
        Assert.Equal("250 localhost", await client.SendAsync("helo client.example"));
    }

    [Theory]
    [InlineData("MAIL FROM:<> SIZE=10485760 BODY=8BITMIME SMTPUTF8")]
    [InlineData("mail from:<a@b.example> body=7bit")]
    [InlineData("MAIL FROM: <a@b.example>  ")]
    [InlineData("MAIL FROM:<@relay.example,@other.example:a@b.example>")]
    [InlineData("MAIL FROM:<\"a > \\\" b\"@[IPv6:::1]>")]
    [InlineData("MAIL FROM:<jürgen@bücher.example> SMTPUTF8")]
    public async Task Mail_LegalForms_Accepted(string command)
    {
        await using var client = await SmtpClientConnection.GreetAsync(inbox.SmtpPort);

        Assert.StartsWith("250 2.1.0", await client.SendAsync(command), StringComparison.Ordinal);
        Assert.StartsWith("250 2.1.5", await client.SendAsync("rcpt to:<Postmaster>"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Path_LengthsOnBothSidesOfTheLimits()
    {
        await using var client = await SmtpClientConnection.GreetAsync(inbox.SmtpPort);
        await client.SendAsync("MAIL FROM:<>");
        var label = new string('d', 63);
        var local = new string('l', 61);

        // 64 octets of local part; 63 of label; 256 of path with its brackets: 2 + 61 + 1 + 3*64 + 0.
        Assert.StartsWith("250", await client.SendAsync($"RCPT TO:<{new string('l', 64)}@b.example>"), StringComparison.Ordinal);
        Assert.StartsWith("501", await client.SendAsync($"RCPT TO:<{new string('l', 65)}@b.example>"), StringComparison.Ordinal);
        Assert.StartsWith("250", await client.SendAsync($"RCPT TO:<a@{label}.example>"), StringComparison.Ordinal);
        Assert.StartsWith("501", await client.SendAsync($"RCPT TO:<a@{label}d.example>"), StringComparison.Ordinal);
        Assert.StartsWith("250", await client.SendAsync($"RCPT TO:<{local}@{label}.{label}.{label}>"), StringComparison.Ordinal);
        Assert.StartsWith("501", await client.SendAsync($"RCPT TO:<{local}ll@{label}.{label}.{label}>"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Data_StuffedDots_AreUnstuffed()
    {
        await using var client = await SmtpClientConnection.GreetAsync(inbox.SmtpPort);

        var reply = await client.SendMailAsync("Subject: dots\r\n\r\n..\r\n...three\r\n.one\r\nend.");

        var message = Assert.Single(inbox.Store.Snapshot());
        Assert.Equal($"250 2.0.0 Ok: {message.Id}", reply);
        Assert.Equal(".\n..three\none\nend.\n", message.Text);
        Assert.Equal("Subject: dots\r\n\r\n.\r\n..three\r\none\r\nend.\r\n", Encoding.ASCII.GetString(message.Raw.Span));
        Assert.Empty(message.Warnings);
    }

    [Fact]
    public async Task Data_Empty_IsAnEmptyMail()
    {
        await using var client = await SmtpClientConnection.GreetAsync(inbox.SmtpPort);
        await client.SendAsync("MAIL FROM:<>");
        await client.SendAsync("RCPT TO:<ada@example.org>");
        await client.SendAsync("DATA");

        Assert.StartsWith("250 2.0.0", await client.SendAsync("."), StringComparison.Ordinal);
        var message = Assert.Single(inbox.Store.Snapshot());
        Assert.Equal(0, message.Raw.Length);
        Assert.Equal("", message.From.Address);
        Assert.Equal("ada@example.org", Assert.Single(message.To).Address);
    }

    [Fact]
    public async Task Data_WithoutHeader_ShowsTheBodyAndTheEnvelope()
    {
        await using var client = await SmtpClientConnection.GreetAsync(inbox.SmtpPort);
        await client.SendMailAsync("hello, no header here", "boss@example.org", "ada@example.org", "bob@example.org");

        var message = Assert.Single(inbox.Store.Snapshot());
        Assert.Equal("hello, no header here\n", message.Text);
        Assert.Equal("boss@example.org", message.From.Address);
        Assert.Equal(["ada@example.org", "bob@example.org"], message.To.Select(to => to.Address));
    }

    [Fact]
    public async Task Data_RecipientInNoHeader_IsBlindCopy()
    {
        await using var client = await SmtpClientConnection.GreetAsync(inbox.SmtpPort);
        await client.SendMailAsync("To: Ada <ADA@example.org>\r\nCc: bob@example.org\r\n\r\nx", to: ["ada@example.org", "bob@example.org", "eve@example.org"]);

        var message = Assert.Single(inbox.Store.Snapshot());
        Assert.Equal("ADA@example.org", Assert.Single(message.To).Address);
        Assert.Equal("bob@example.org", Assert.Single(message.Cc).Address);
        Assert.Equal("eve@example.org", Assert.Single(message.Bcc).Address);
    }

    [Fact]
    public async Task Data_LongLine_AcceptedWithWarning()
    {
        await using var client = await SmtpClientConnection.GreetAsync(inbox.SmtpPort);
        await client.SendMailAsync(new string('x', 998));
        await client.SendMailAsync(new string('x', 999));

        var messages = inbox.Store.Snapshot();
        Assert.Contains("998 octets", Assert.Single(messages[0].Warnings), StringComparison.Ordinal);
        Assert.Empty(messages[1].Warnings);
    }

    [Fact]
    public async Task Session_Pipelined_EveryCommandIsAnsweredInOrder()
    {
        await using var client = await inbox.ConnectAsync();
        await client.WriteAsync(
            "EHLO c.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<one@b.example>\r\nRCPT TO:<bad>\r\nRCPT TO:<two@b.example>\r\nDATA\r\n"
            + "Subject: piped\r\n\r\nfirst\r\n.\r\nMAIL FROM:<a@b.example>\r\nRSET\r\nDATA\r\nVRFY ada\r\nQUIT\r\n");

        foreach (var expected in new[] { "220 ", "250-", "250 2.1.0", "250 2.1.5", "501 5.1.3", "250 2.1.5", "354 ", "250 2.0.0", "250 2.1.0", "250 2.0.0", "503 5.5.1", "252 2.5.0", "221 2.0.0" })
        {
            Assert.StartsWith(expected, await client.ReadReplyAsync(), StringComparison.Ordinal);
        }

        Assert.Equal("", await client.ReadReplyAsync());
        Assert.Equal(["one@b.example", "two@b.example"], Assert.Single(inbox.Store.Snapshot()).To.Select(to => to.Address));
    }

    [Fact]
    public async Task Session_OctetByOctet_IsUnderstood()
    {
        await using var client = await inbox.ConnectAsync();
        foreach (var octet in "HELO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<d@e.example>\r\nDATA\r\nSubject: slow\r\n\r\n..x\r\n.\r\nQUIT\r\n"u8.ToArray())
        {
            await client.WriteAsync([octet]);
        }

        foreach (var expected in new[] { "220", "250", "250", "250", "354", "250", "221" })
        {
            Assert.StartsWith(expected, await client.ReadReplyAsync(), StringComparison.Ordinal);
        }

        Assert.Equal(".x\n", Assert.Single(inbox.Store.Snapshot()).Text);
    }

    [Fact]
    public async Task Session_HelloAgain_DropsTheMailUnderWay()
    {
        await using var client = await SmtpClientConnection.GreetAsync(inbox.SmtpPort);
        await client.SendAsync("MAIL FROM:<a@b.example>");
        await client.SendAsync("RCPT TO:<d@e.example>");
        await client.SendAsync("EHLO again.example");

        Assert.StartsWith("503", await client.SendAsync("DATA"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_Stops_ClientsAreTold()
    {
        await using var client = await SmtpClientConnection.GreetAsync(inbox.SmtpPort);
        var stop = inbox.Services.GetRequiredService<Inbox.Smtp.SmtpServer>().StopAsync(TestContext.Current.CancellationToken);

        Assert.StartsWith("421 4.3.2", await client.ReadReplyAsync(), StringComparison.Ordinal);
        client.EndSending();
        await stop;
    }

    [Fact]
    public async Task DotNetClient_TextHtmlAttachmentAndNonAscii_ArriveIntact()
    {
        using var mail = new MailMessage(new MailAddress("noreply@example.org", "Plätform"), new MailAddress("ada@example.org", "Ada ☂ Lovelace"))
        {
            Subject = "Grüße aus Zürich: ☂ und ein langer Betreff, der ganz gewiss gefaltet werden muss",
            SubjectEncoding = Encoding.UTF8,
        };
        mail.CC.Add("bob@example.org");
        mail.Bcc.Add("eve@example.org");
        mail.AlternateViews.Add(AlternateView.CreateAlternateViewFromString("Ihr Code: 123456\nfür heute ☂\n.\n", Encoding.UTF8, MediaTypeNames.Text.Plain));
        mail.AlternateViews.Add(AlternateView.CreateAlternateViewFromString("<p>Ihr Code: <b>123456</b> ☂</p>", Encoding.UTF8, MediaTypeNames.Text.Html));
        using var content = new MemoryStream([0, 1, 2, 255]);
        mail.Attachments.Add(new Attachment(content, "Übersicht.bin", "application/octet-stream"));
        using var client = new SmtpClient("localhost", inbox.SmtpPort);

        await client.SendMailAsync(mail, TestContext.Current.CancellationToken);

        var message = Assert.Single(inbox.Store.Snapshot());
        Assert.Equal(new("Plätform", "noreply@example.org"), message.From);
        Assert.Equal(new("Ada ☂ Lovelace", "ada@example.org"), Assert.Single(message.To));
        Assert.Equal("bob@example.org", Assert.Single(message.Cc).Address);
        Assert.Equal("eve@example.org", Assert.Single(message.Bcc).Address);
        Assert.Equal(mail.Subject, message.Subject);
        Assert.Equal("Ihr Code: 123456\nfür heute ☂\n.\n", message.Text.TrimEnd('\n') + "\n");
        Assert.Equal("<p>Ihr Code: <b>123456</b> ☂</p>", message.Html.Trim());
        var attachment = Assert.Single(message.Attachments);
        Assert.Equal("Übersicht.bin", attachment.FileName);
        Assert.Equal([0, 1, 2, 255], attachment.Content.ToArray());
    }

    [Theory]
    [InlineData("plain ASCII\nsecond line\n.dot")]
    [InlineData("Ümläute ☂\r\nsecond line")]
    public async Task DotNetClient_PlainBody_ArrivesIntact(string body)
    {
        using var mail = new MailMessage("noreply@example.org", "ada@example.org", "s", body) { BodyEncoding = Encoding.UTF8 };
        using var client = new SmtpClient("127.0.0.1", inbox.SmtpPort);

        await client.SendMailAsync(mail, TestContext.Current.CancellationToken);

        Assert.Equal(body.ReplaceLineEndings("\n"), Assert.Single(inbox.Store.Snapshot()).Text.TrimEnd('\n'));
    }
}
