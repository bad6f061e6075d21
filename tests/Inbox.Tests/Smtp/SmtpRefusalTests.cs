namespace Inbox.Tests.Smtp;

/// <summary>What the SMTP server refuses, with which reply, and that nothing is stored.</summary>
public sealed class SmtpRefusalTests : IAsyncLifetime
{
    private readonly InboxHost inbox = new(("MaxMailBytes", "2000"), ("MaxConnections", "3"));

    public ValueTask InitializeAsync() => inbox.InitializeAsync();

    public ValueTask DisposeAsync() => inbox.DisposeAsync();

    [Theory]
    [InlineData("EHLO", "501 5.5.4")]
    [InlineData("HELO", "501 5.5.4")]
    [InlineData("MAIL FROM:<a@b.example>", "503 5.5.1")]
    [InlineData("RCPT TO:<a@b.example>", "503 5.5.1")]
    [InlineData("DATA", "503 5.5.1")]
    [InlineData("AUTH PLAIN AGEAYg==", "502 5.5.1")]
    [InlineData("STARTTLS", "502 5.5.1")]
    [InlineData("EXPN staff", "502 5.5.1")]
    [InlineData("BDAT 86 LAST", "502 5.5.1")]
    [InlineData("VRFY", "501 5.5.4")]
    [InlineData("RSET now", "501 5.5.4")]
    [InlineData("QUIT now", "501 5.5.4")]
    [InlineData("", "500 5.5.2")]
    [InlineData("HALLO", "500 5.5.2")]
    [InlineData("NOOP \u0007", "500 5.5.2")]
    [InlineData("EHLO a\rb", "500 5.5.2")]
    public async Task Command_BeforeHelloOrWrong_RefusedAndSessionGoesOn(string command, string reply)
    {
        await using var client = await inbox.ConnectAsync();
        await client.ReadReplyAsync();

        Assert.StartsWith(reply, await client.SendAsync(command), StringComparison.Ordinal);
        Assert.StartsWith("250 2.0.0", await client.SendAsync("NOOP"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MAIL", "501 5.1.7")]
    [InlineData("MAIL FROM:", "501 5.1.7")]
    [InlineData("MAIL FROM:a@b.example", "501 5.1.7")]
    [InlineData("MAIL FROM:<a@b.example", "501 5.1.7")]
    [InlineData("MAIL FROM:<a@b.example>SIZE=1", "501 5.1.7")]
    [InlineData("MAIL TO:<a@b.example>", "501 5.1.7")]
    [InlineData("MAIL FROM:<a b@c.example>", "501 5.1.7")]
    [InlineData("MAIL FROM:<a@>", "501 5.1.7")]
    [InlineData("MAIL FROM:<a@-b.example>", "501 5.1.7")]
    [InlineData("MAIL FROM:<a..b@c.example>", "501 5.1.7")]
    [InlineData("MAIL FROM:<\"a\"b\"@c.example>", "501 5.1.7")]
    [InlineData("MAIL FROM:<a@b.example> SIZE=2001", "552 5.3.4")]
    [InlineData("MAIL FROM:<a@b.example> SIZE=99999999999999999999", "552 5.3.4")]
    [InlineData("MAIL FROM:<a@b.example> SIZE=-1", "501 5.5.4")]
    [InlineData("MAIL FROM:<a@b.example> SIZE", "501 5.5.4")]
    [InlineData("MAIL FROM:<a@b.example> SIZE=1 SIZE=1", "501 5.5.4")]
    [InlineData("MAIL FROM:<a@b.example> BODY=9BIT", "501 5.5.4")]
    [InlineData("MAIL FROM:<a@b.example> SMTPUTF8=yes", "501 5.5.4")]
    [InlineData("MAIL FROM:<a@b.example> RET=FULL", "555 5.5.4")]
    [InlineData("MAIL FROM:<jürgen@b.example>", "553 5.6.7")]
    [InlineData("DATA", "503 5.5.1")]
    [InlineData("RCPT TO:<a@b.example>", "503 5.5.1")]
    public async Task Mail_MalformedOrTooLarge_Refused(string command, string reply)
    {
        await using var client = await SmtpClientConnection.GreetAsync(inbox.SmtpPort);

        Assert.StartsWith(reply, await client.SendAsync(command), StringComparison.Ordinal);
        Assert.StartsWith("503 5.5.1", await client.SendAsync("RCPT TO:<ada@example.org>"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("RCPT TO:", "501 5.1.3")]
    [InlineData("RCPT TO:<>", "501 5.1.3")]
    [InlineData("RCPT TO:<ada>", "501 5.1.3")]
    [InlineData("RCPT TO:<@relay.example:ada>", "501 5.1.3")]
    [InlineData("RCPT TO:<@relay.example>", "501 5.1.3")]
    [InlineData("RCPT TO:<ada@[]>", "501 5.1.3")]
    [InlineData("RCPT TO:<ada@example.org> NOTIFY=NEVER", "555 5.5.4")]
    [InlineData("RCPT TO:<ädä@example.org>", "553 5.6.7")]
    [InlineData("MAIL FROM:<a@b.example>", "503 5.5.1")]
    [InlineData("DATA now", "554 5.5.1")]
    [InlineData("DATA", "554 5.5.1")]
    public async Task Recipient_Malformed_RefusedAndDataImpossible(string command, string reply)
    {
        await using var client = await SmtpClientConnection.GreetAsync(inbox.SmtpPort);
        await client.SendAsync("MAIL FROM:<a@b.example>");

        Assert.StartsWith(reply, await client.SendAsync(command), StringComparison.Ordinal);
        Assert.StartsWith("554 5.5.1", await client.SendAsync("DATA"), StringComparison.Ordinal);
        Assert.Empty(inbox.Store.Snapshot());
    }

    [Theory]
    [InlineData("EHLO client.example\n")]
    [InlineData("EHLO client.example\nMAIL FROM:<a@b.example>\r\n")]
    [InlineData("\n")]
    public async Task Command_EndsWithBareLineFeed_RefusedAndClosed(string octets)
    {
        await using var client = await inbox.ConnectAsync();
        await client.ReadReplyAsync();
        await client.WriteAsync(octets);

        Assert.StartsWith("521 5.5.2", await client.ReadReplyAsync(), StringComparison.Ordinal);
        Assert.Equal("", await client.ReadReplyAsync());
    }

    [Fact]
    public async Task Command_IsHttp_RefusedAndClosed()
    {
        await using var client = await inbox.ConnectAsync();
        await client.ReadReplyAsync();
        await client.WriteAsync("POST / HTTP/1.1\r\nHost: localhost\r\n\r\nEHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\nforged\r\n.\r\n");

        Assert.StartsWith("521 5.5.1", await client.ReadReplyAsync(), StringComparison.Ordinal);
        Assert.Equal("", await client.ReadReplyAsync());
        Assert.Empty(inbox.Store.Snapshot());
    }

    [Fact]
    public async Task Command_NotUtf8_Refused()
    {
        await using var client = await inbox.ConnectAsync();
        await client.ReadReplyAsync();
        await client.WriteAsync([.. "NOOP "u8, 0xff, .. "\r\n"u8]);

        Assert.StartsWith("500 5.5.2", await client.ReadReplyAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(998, "250 2.0.0")]
    [InlineData(999, "500 5.5.2")]
    [InlineData(100_000, "500 5.5.2")]
    public async Task Command_LineLength_LimitedTo1000OctetsWithCrLf(int length, string reply)
    {
        await using var client = await SmtpClientConnection.GreetAsync(inbox.SmtpPort);

        Assert.StartsWith(reply, await client.SendAsync("NOOP " + new string('x', length - 5)), StringComparison.Ordinal);
        Assert.StartsWith("250 2.0.0", await client.SendAsync("NOOP"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Command_TooLongAndEndsWithBareLineFeed_Closed()
    {
        await using var client = await SmtpClientConnection.GreetAsync(inbox.SmtpPort);
        await client.WriteAsync(new string('x', 50_000) + "\nNOOP\r\n");

        Assert.StartsWith("521 5.5.2", await client.ReadReplyAsync(), StringComparison.Ordinal);
        Assert.Equal("", await client.ReadReplyAsync());
    }

    [Theory]
    [InlineData(2000, "250 2.0.0", 1)]
    [InlineData(2001, "552 5.3.4", 0)]
    [InlineData(15_000, "552 5.3.4", 0)]
    public async Task Data_Size_LimitedWithoutEndAndStuffedDots(int octets, string reply, int stored)
    {
        await using var client = await SmtpClientConnection.GreetAsync(inbox.SmtpPort);

        // The stuffed dot and the end do not count (RFC 1870 §3), the CRLF before the end does.
        Assert.StartsWith(reply, await client.SendMailAsync(".." + new string('x', octets - 3)), StringComparison.Ordinal);
        Assert.Equal(stored, inbox.Store.Snapshot().Count);
        Assert.StartsWith("250 2.1.0", await client.SendAsync("MAIL FROM:<a@b.example> SIZE=2000"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Data_TenTimesTooLarge_RefusedAndClosedBeforeItsEnd()
    {
        await using var client = await SmtpClientConnection.GreetAsync(inbox.SmtpPort);
        await client.SendAsync("MAIL FROM:<a@b.example>");
        await client.SendAsync("RCPT TO:<ada@example.org>");
        await client.SendAsync("DATA");
        await client.WriteAsync(new string('x', 20_001));

        Assert.StartsWith("552 5.3.4", await client.ReadReplyAsync(), StringComparison.Ordinal);
        client.EndSending();
        Assert.Equal("", await client.ReadReplyAsync());
    }

    [Fact]
    public async Task Data_ClientLeavesBeforeTheEnd_NothingStored()
    {
        await using var client = await SmtpClientConnection.GreetAsync(inbox.SmtpPort);
        await client.SendAsync("MAIL FROM:<a@b.example>");
        await client.SendAsync("RCPT TO:<ada@example.org>");
        await client.SendAsync("DATA");
        await client.WriteAsync("Subject: half\r\n\r\nof a mail\r\n.\r");
        client.EndSending();

        Assert.Equal("", await client.ReadReplyAsync());
        Assert.Empty(inbox.Store.Snapshot());
    }

    // Each of these ends the data for one server or another (RFC 5321 §2.3.8, §4.1.1.4); here only CRLF, dot, CRLF does.
    [Theory]
    [InlineData("\n.\n")]
    [InlineData("\n.\r\n")]
    [InlineData("\r\n.\n")]
    [InlineData("\r.\r")]
    [InlineData("\r\n.\r")]
    [InlineData("\r.\r\n")]
    [InlineData("\r\n.\r\r\n")]
    [InlineData("\r\r\n.\r\r\n")]
    [InlineData("\n\n.\r\n")]
    public async Task Data_FalseEnd_SmugglesNothing(string falseEnd)
    {
        await using var client = await SmtpClientConnection.GreetAsync(inbox.SmtpPort);

        var reply = await client.SendMailAsync(
            $"Subject: one{falseEnd}MAIL FROM:<evil@b.example>\r\nRCPT TO:<victim@example.org>\r\nDATA\r\nSubject: two");

        Assert.StartsWith("250 2.0.0", reply, StringComparison.Ordinal);
        var message = Assert.Single(inbox.Store.Snapshot());
        Assert.Contains("victim@example.org", System.Text.Encoding.ASCII.GetString(message.Raw.Span), StringComparison.Ordinal);
        Assert.Single(message.Warnings);
        Assert.StartsWith("250 2.0.0", await client.SendAsync("NOOP"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Session_TwentyErrors_Closed()
    {
        await using var client = await inbox.ConnectAsync();
        await client.ReadReplyAsync();
        for (var i = 0; i < 19; i++)
        {
            Assert.StartsWith("500", await client.SendAsync("WHAT"), StringComparison.Ordinal);
        }

        Assert.StartsWith("250", await client.SendAsync("NOOP"), StringComparison.Ordinal);
        Assert.StartsWith("500", await client.SendAsync("WHAT"), StringComparison.Ordinal);
        Assert.StartsWith("421 4.7.0", await client.ReadReplyAsync(), StringComparison.Ordinal);
        Assert.Equal("", await client.ReadReplyAsync());
    }

    [Fact]
    public async Task Session_SilentForFiveMinutes_Closed()
    {
        await using var client = await SmtpClientConnection.GreetAsync(inbox.SmtpPort);
        inbox.Clock.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromTicks(1));
        Assert.StartsWith("250", await client.SendAsync("NOOP"), StringComparison.Ordinal);

        inbox.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.StartsWith("421 4.4.2", await client.ReadReplyAsync(), StringComparison.Ordinal);
        Assert.Equal("", await client.ReadReplyAsync());
    }

    [Fact]
    public async Task Connection_OneMoreThanAllowed_421UntilAnotherLeaves()
    {
        var clients = new List<SmtpClientConnection>();
        for (var i = 0; i < 3; i++)
        {
            clients.Add(await SmtpClientConnection.GreetAsync(inbox.SmtpPort));
        }

        await using (var refused = await inbox.ConnectAsync())
        {
            Assert.StartsWith("421 4.3.2", await refused.ReadReplyAsync(), StringComparison.Ordinal);
            Assert.Equal("", await refused.ReadReplyAsync());
        }

        foreach (var client in clients)
        {
            Assert.StartsWith("221 2.0.0", await client.SendAsync("QUIT"), StringComparison.Ordinal);
            Assert.Equal("", await client.ReadReplyAsync());
            await client.DisposeAsync();
        }

        // The server counts a connection out a moment after the client has seen its end.
        string greeting;
        do
        {
            await using var next = await inbox.ConnectAsync();
            greeting = await next.ReadReplyAsync();
        }
        while (greeting.StartsWith("421", StringComparison.Ordinal) && !TestContext.Current.CancellationToken.IsCancellationRequested);
        Assert.StartsWith("220 ", greeting, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Recipients_OneMoreThanAllowed_452AndTheOthersStay()
    {
        await using var client = await SmtpClientConnection.GreetAsync(inbox.SmtpPort);
        await client.SendAsync("MAIL FROM:<a@b.example>");
        for (var i = 0; i < 100; i++)
        {
            Assert.StartsWith("250 2.1.5", await client.SendAsync($"RCPT TO:<r{i}@b.example>"), StringComparison.Ordinal);
        }

        Assert.StartsWith("452 4.5.3", await client.SendAsync("RCPT TO:<r100@b.example>"), StringComparison.Ordinal);
        Assert.StartsWith("354", await client.SendAsync("DATA"), StringComparison.Ordinal);
        Assert.StartsWith("250", await client.SendAsync("."), StringComparison.Ordinal);
        Assert.Equal(100, Assert.Single(inbox.Store.Snapshot()).To.Count);
    }
}
