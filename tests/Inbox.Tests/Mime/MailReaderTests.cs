using System.Text;
using Inbox.Messages;
using Inbox.Mime;

namespace Inbox.Tests.Mime;

/// <summary>Whole mails: which text, HTML and attachments a reader sees, also when the mail is broken.</summary>
public sealed class MailReaderTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Theory]
    [InlineData("Content-Transfer-Encoding: quoted-printable\n\nf=C3=BCr =\ndich=20\t \n=41=\n", "für dich \nA")]
    [InlineData("Content-Transfer-Encoding: Quoted-Printable\n\n=e2=98=82 =zz =4", "☂ =zz =4")]
    [InlineData("Content-Transfer-Encoding: quoted-printable\n\nends = \n", "ends ")]
    [InlineData("Content-Transfer-Encoding: base64\n\n4piC\nIGhp\n", "☂ hi")]
    [InlineData("Content-Transfer-Encoding: BASE64\n\n4p-i!C IGk", "☂ i")]
    [InlineData("Content-Transfer-Encoding: base64\n\naGk=aGk=", "hihi")]
    [InlineData("Content-Transfer-Encoding: x-unknown\n\n=41", "=41")]
    [InlineData("Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\n=FCber", "über")]
    [InlineData("Content-Type: text/plain; charset=ISO-8859-15\nContent-Transfer-Encoding: quoted-printable\n\n=A4", "€")]
    [InlineData("Content-Type: text/plain; charset=utf-16le\nContent-Transfer-Encoding: base64\n\naABpAA==", "hi")]
    [InlineData("Content-Type: text/plain; charset=us-ascii\n\n☂", "☂")]
    [InlineData("Content-Type: text/plain; charset=nonsense\n\n☂", "☂")]
    [InlineData("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n=FCber", "über")]
    [InlineData("Content-Type: nonsense\n\ntext", "text")]
    [InlineData("Content-Type: text/plain; format=flowed\n\none\r\ntwo\rthree\n", "one\ntwo\nthree\n")]
    public void Text_EncodingAndCharset_Decoded(string mail, string text) => Assert.Equal(text, Read(mail).Text);

    [Fact]
    public void Alternative_TextAndHtml_BothKept()
    {
        var message = Read("""
            From: =?utf-8?Q?Pl=C3=A4tform?= <noreply@example.org>
            To: ada@example.org
            Subject: =?utf-8?B?4piC?=
             folded
            Message-ID: <1@example.org>
            Reply-To: help@example.org
            Content-Type: multipart/alternative; boundary=outer

            preamble
            --outer
            Content-Type: text/plain; charset=utf-8

            plain ☂
            --outer
            Content-Type: text/html; charset=utf-8

            <p>html ☂</p>
            --outer--
            epilogue
            """);

        Assert.Equal("plain ☂", message.Text);
        Assert.Equal("<p>html ☂</p>", message.Html);
        Assert.Equal("☂ folded", message.Subject);
        Assert.Equal("1@example.org", message.MessageId);
        Assert.Equal(new("Plätform", "noreply@example.org"), message.From);
        Assert.Equal("help@example.org", Assert.Single(message.ReplyTo).Address);
        Assert.Empty(message.Attachments);
        Assert.Equal("plain ☂", message.Snippet);
        Assert.Equal("email", message.Kind);
        Assert.Equal(Now, message.Created);
    }

    [Fact]
    public void Mixed_NestedRelatedAndAttachments_EachInItsPlace()
    {
        var message = Read("""
            Content-Type: multipart/mixed; boundary="b 1"

            --b 1
            Content-Type: multipart/related; boundary=b2

            --b2
            Content-Type: multipart/alternative; boundary=b3

            --b3

            plain
            --b3
            Content-Type: text/html

            <img src="cid:logo@x">
            --b3--
            --b2
            Content-Type: image/png
            Content-ID: <logo@x>
            Content-Transfer-Encoding: base64

            iVBORw0KGgo=
            --b2--
            --b 1
            Content-Type: text/plain
            Content-Disposition: attachment; filename="../../etc/passwd"

            not the body
            --b 1
            Content-Type: message/rfc822

            Subject: inner

            inner body
            --b 1
            Content-Type: text/plain

            footer
            --b 1--
            """);

        Assert.Equal("plain\nfooter", message.Text);
        Assert.Equal("<img src=\"cid:logo@x\">", message.Html);
        Assert.Equal(
            ["1.2 part-1.2.png image/png logo@x 8", "2 passwd text/plain  12", "3 part-3.eml message/rfc822  " + "Subject: inner\r\n\r\ninner body".Length],
            message.Attachments.Select(part => $"{part.PartId} {part.FileName} {part.ContentType} {part.ContentId} {part.Content.Length}"));
    }

    [Theory]
    // No closing line, no boundary at all, no boundary parameter, a boundary that only begins alike, a boundary inside another.
    [InlineData("Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo", "one\ntwo")]
    [InlineData("Content-Type: multipart/mixed; boundary=b\n\njust text", "just text")]
    [InlineData("Content-Type: multipart/mixed\n\n--b\n\none\n--b--\n", "--b\n\none\n--b--\n")]
    [InlineData("Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--bb\nstill one\n--b--\n", "one\n--bb\nstill one")]
    [InlineData("Content-Type: multipart/mixed; boundary=b\n\n--b  \n\none\n--b--  \n\n--b\n\nnot read", "one")]
    [InlineData("Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n\n--b--", "one\n")]
    [InlineData("Content-Type: multipart/mixed; boundary=b\n\n--b\n--b\n\ntwo\n--b--", "two")]
    [InlineData("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\ninner\n--b\n\nouter\n--b--", "inner\nouter")]
    [InlineData("Content-Type: multipart/alternative; boundary=b\n\n--b\n\nworse\n--b\n\nbetter\n--b--", "better")]
    public void Multipart_BrokenOrTricky_ShownAsWellAsCanBe(string mail, string text) => Assert.Equal(text, Read(mail).Text);

    [Fact]
    public void Multipart_NestedTooDeep_StaysUndivided()
    {
        var deep = string.Concat(Enumerable.Range(0, 50).Select(i => $"Content-Type: multipart/mixed; boundary=b{i}\n\n--b{i}\n")) + "\nbottom";

        Assert.Contains("bottom", Read(deep).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Multipart_MoreThanAThousandParts_TheRestIsNotRead()
    {
        var parts = string.Concat(Enumerable.Range(0, 1500).Select(i => $"--b\nContent-Type: application/x\n\n{i}\n"));

        Assert.Equal(1000, Read("Content-Type: multipart/mixed; boundary=b\n\n" + parts + "--b--").Attachments.Count);
    }

    [Fact]
    public void Html_WithoutPlainPart_TextIsMadeFromIt()
    {
        var message = Read("Content-Type: text/html\n\n<h1>Hi</h1><p>Code: <b>123456</b></p><a href=\"https://a.example/x?y=1&amp;z=2\">Open</a>");

        Assert.Equal("Hi\nCode: 123456\nOpen (https://a.example/x?y=1&z=2)", message.Text);
        Assert.Equal("Hi Code: 123456 Open (https://a.example/x?y=1&z=2)", message.Snippet);
    }

    [Theory]
    [InlineData("a<br>b<br/>c", "a\nb\nc")]
    [InlineData("<head><title>no</title></head><style>p{}</style><script>if (a<b) x()</script><p>yes", "yes")]
    [InlineData("<!-- <p>no</p> -->yes<!-- open", "yes")]
    [InlineData("1 &lt; 2 &amp; 3 < 4", "1 < 2 & 3 < 4")]
    [InlineData("<p title=\"a>b\">x</p>", "x")]
    [InlineData("<a href=https://a.example>https://a.example</a>", "https://a.example")]
    [InlineData("<a href='", "")]
    [InlineData("<", "<")]
    [InlineData("  a \n  b  ", "a b")]
    [InlineData("", "")]
    public void Html_ToText(string html, string text) => Assert.Equal(text, HtmlText.From(html));

    [Fact]
    public void Subject_EncodedLineBreak_BecomesASpace()
        => Assert.Equal("a  Bcc: evil@example.org", Read("Subject: =?utf-8?Q?a=0D=0ABcc:_evil@example.org?=\n\nx").Subject);

    [Fact]
    public void Read_AnyOctets_NeverThrows()
    {
        // Broken mail in all shapes: pieces of real syntax and random octets, in random order. The seed is fixed, so a failure can be repeated.
        string[] pieces =
        [
            "Content-Type: ", "multipart/mixed; boundary=", "b", "--b", "--b--", "\r\n", "\r\n\r\n", "\n", "\r", "text/html", "; charset=", "utf-8", "=?", "?=", "?Q?", "?B?",
            "=4", "=\r\n", "\"", "(", ")", "<", ">", ",", ":", ";", "@", "To: ", "Subject: ", "Content-Transfer-Encoding: ", "base64", "quoted-printable", "*0*=", "''", "%4",
            "<a href=", "<!--", "</", "<style", "&#x110000;", "&amp;", "iso-2022-jp", "\u001b$B", "[", "]", "\\", "Content-Disposition: attachment; filename=", "../", ".", " ", "\t",
        ];
#pragma warning disable CA5394 // Random test data needs a seed, not secrecy.
        var random = new Random(20260102);
        for (var i = 0; i < 20_000; i++)
        {
            var mail = new MemoryStream();
            for (var length = random.Next(60); length > 0; length--)
            {
                mail.Write(random.Next(8) == 0 ? [(byte)random.Next(256)] : Encoding.UTF8.GetBytes(pieces[random.Next(pieces.Length)]));
            }
#pragma warning restore CA5394

            var message = MailReader.Read("", ["ada@example.org"], mail.ToArray(), [], Now);
            Assert.True(message.Cost > 0);
        }
    }

    private static Message Read(string mail)
        => MailReader.Read("sender@example.org", ["ada@example.org"], Encoding.UTF8.GetBytes(mail.Contains('\r', StringComparison.Ordinal) ? mail : mail.ReplaceLineEndings("\r\n")), [], Now);
}
