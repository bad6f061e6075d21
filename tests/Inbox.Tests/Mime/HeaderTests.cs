using System.Text;
using Inbox.Messages;
using Inbox.Mime;

namespace Inbox.Tests.Mime;

/// <summary>Encoded words, folding, parameters and addresses. Examples marked so are from the RFC named.</summary>
public sealed class HeaderTests
{
    [Theory]
    // RFC 2047 §8.
    [InlineData("=?ISO-8859-1?Q?a?=", "a")]
    [InlineData("=?ISO-8859-1?Q?a?= b", "a b")]
    [InlineData("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab")]
    [InlineData("=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=", "ab")]
    [InlineData("=?ISO-8859-1?Q?a?=\t =?UTF-8?Q?b?=", "ab")]
    [InlineData("=?ISO-8859-1?Q?a_b?=", "a b")]
    [InlineData("=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b")]
    [InlineData("=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?= =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=", "If you can read this you understand the example.")]
    [InlineData("=?iso-8859-1?q?Keld_J=F8rn_Simonsen?=", "Keld Jørn Simonsen")]
    // RFC 2231 §5: a language behind the charset.
    [InlineData("=?US-ASCII*EN?Q?Keith_Moore?=", "Keith Moore")]
    // A character cut in two between words, which RFC 2047 §5 forbids and senders do.
    [InlineData("=?utf-8?Q?=E2=98?= =?UTF-8?Q?=82?=", "☂")]
    [InlineData("=?utf-8?B?4piC?= and =?utf-8?b?4piC?=", "☂ and ☂")]
    [InlineData("=?windows-1252?Q?=80?=", "€")]
    [InlineData("=?iso-2022-jp?B?GyRCJDMkcyRLJEEkTxsoQg==?=", "こんにちは")]
    [InlineData("=?utf-8?B?4piC", "=?utf-8?B?4piC")]
    [InlineData("=?utf-8?X?abc?=", "=?utf-8?X?abc?=")]
    [InlineData("=?utf-8?Q?two words?=", "=?utf-8?Q?two words?=")]
    [InlineData("=??Q?a?=", "=??Q?a?=")]
    [InlineData("=?utf-8?Q?=?=", "=")]
    [InlineData("=?utf-8?Q?=4?=", "=4")]
    [InlineData("=?utf-8?Q??= x", " x")]
    [InlineData("=?no-such-charset?Q?=E2=98=82?=", "☂")]
    [InlineData("=?utf-7?Q?+AGE-?=", "+AGE-")]
    [InlineData("=?utf-8?B?4pi?=", "â\u0098")]
    [InlineData("plain = ? text ?=", "plain = ? text ?=")]
    public void EncodedWord_Table_Decoded(string encoded, string text) => Assert.Equal(text, EncodedWords.Decode(encoded));

    [Theory]
    [InlineData("a@b.example", "|a@b.example")]
    [InlineData("Ada <a@b.example>, Bob <c@d.example>", "Ada|a@b.example;Bob|c@d.example")]
    [InlineData("\"Lovelace, Ada \\\"the\\\" first\" <a@b.example>", "Lovelace, Ada \"the\" first|a@b.example")]
    [InlineData("=?utf-8?Q?J=C3=BCrgen?= =?utf-8?Q?_M?= <j@b.example>", "Jürgen M|j@b.example")]
    [InlineData("=?utf-8?Q?a=2C_b?= <j@b.example>", "a, b|j@b.example")]
    // RFC 2047 §5 rule 3: no encoded word in a quoted string.
    [InlineData("\"=?utf-8?Q?x?=\" <a@b.example>", "=?utf-8?Q?x?=|a@b.example")]
    [InlineData("Team: Ada <a@b.example>, c@d.example;, last@e.example", "Ada|a@b.example;|c@d.example;|last@e.example")]
    [InlineData("undisclosed-recipients:;", "")]
    [InlineData("a@b.example (Ada (the first))", "Ada (the first)|a@b.example")]
    [InlineData("Ada (x) <a@b.example>", "Ada|a@b.example")]
    [InlineData("<@relay.example:a@b.example>", "|a@b.example")]
    [InlineData("<a@[IPv6:::1]>", "|a@[IPv6:::1]")]
    [InlineData("a@[IPv6:::1], b@c.example", "|a@[IPv6:::1];|b@c.example")]
    [InlineData("\"a b\"@c.example", "|\"a b\"@c.example")]
    [InlineData("Ada\t <a@b.example>", "Ada|a@b.example")]
    [InlineData("<>", "|")]
    [InlineData("nobody", "|nobody")]
    [InlineData(",,;, a@b.example,,", "|a@b.example")]
    [InlineData("Ada <a@b.example", "Ada|a@b.example")]
    [InlineData("\"Ada", "|\"Ada\"")]
    [InlineData("", "")]
    public void AddressList_Table_Parsed(string header, string expected)
        => Assert.Equal(expected, string.Join(';', AddressList.Parse(header).Select(mailbox => $"{mailbox.Name}|{mailbox.Address}")));

    [Theory]
    [InlineData("text/plain", "text/plain", "charset", null)]
    [InlineData("TEXT/Plain; Charset=UTF-8", "text/plain", "charset", "UTF-8")]
    [InlineData("text/plain; charset=\"us-ascii\" (Plain text)", "text/plain", "charset", "us-ascii")]
    [InlineData("text/plain (a;b=c); charset=x", "text/plain", "charset", "x")]
    [InlineData("multipart/mixed; boundary=\"a;b\\\"c\"; x=y", "multipart/mixed", "boundary", "a;b\"c")]
    [InlineData("a/b; name", "a/b", "name", null)]
    [InlineData("a/b; =x; name=y;;", "a/b", "name", "y")]
    [InlineData("a/b; name=first; name=second", "a/b", "name", "first")]
    // RFC 2231 §3, §4, §4.1.
    [InlineData("message/external-body; URL*0=\"ftp://\"; URL*1=\"cs.utk.edu/pub/moore\"", "message/external-body", "url", "ftp://cs.utk.edu/pub/moore")]
    [InlineData("application/x-stuff; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A", "application/x-stuff", "title", "This is ***fun***")]
    [InlineData("application/x-stuff; title*0*=us-ascii'en'This%20is%20even%20more%20; title*1*=%2A%2A%2Afun%2A%2A%2A%20; title*2=\"isn't it!\"", "application/x-stuff", "title", "This is even more ***fun*** isn't it!")]
    [InlineData("a/b; t*1=two; t*0=one-", "a/b", "t", "one-two")]
    [InlineData("a/b; t=plain; t*=utf-8''%E2%98%82", "a/b", "t", "☂")]
    [InlineData("a/b; t*=%zz", "a/b", "t", "%zz")]
    [InlineData("a/b; t*99999999999=x", "a/b", "t", null)]
    [InlineData("a/b; name=\"=?utf-8?Q?=E2=98=82?=.txt\"", "a/b", "name", "☂.txt")]
    [InlineData("", "", "x", null)]
    public void StructuredValue_Table_Parsed(string body, string value, string parameter, string? expected)
    {
        var parsed = StructuredValue.Parse(body);

        Assert.Equal(value, parsed.Value);
        Assert.Equal(expected, parsed[parameter]);
    }

    [Fact]
    public void HeaderFields_FoldedAndBare_UnfoldedInOrder()
    {
        var octets = Encoding.UTF8.GetBytes("Subject: one\r\n two\r\n\tthree\nX-Empty:\r\nX-Raw : ü\r\nTo: a\r\nTo: b\r\n\r\nbody: x\r\n");

        var header = HeaderFields.Read(octets, out var bodyStart);

        Assert.Equal(["Subject", "X-Empty", "X-Raw", "To", "To"], header.All.Select(field => field.Key));
        Assert.Equal("one two\tthree", header.Find("SUBJECT"));
        Assert.Equal("", header.Find("x-empty"));
        Assert.Equal("ü", header.Find("x-raw"));
        Assert.Equal("a, b", header.FindAll("to"));
        Assert.Null(header.Find("cc"));
        Assert.Equal("body: x\r\n", Encoding.UTF8.GetString(octets.AsSpan(bodyStart)));
    }

    [Theory]
    [InlineData("no colon here\r\nSubject: x\r\n\r\n", 0, 0)]
    [InlineData("Subject: x\r\nno colon here\r\n", 1, 12)]
    [InlineData("Subject: x\r\nnäme: y\r\n", 1, 12)]
    [InlineData(" folded first\r\nSubject: x\r\n", 0, 0)]
    [InlineData("\r\nSubject: x\r\n", 0, 2)]
    [InlineData("Subject: x", 1, 10)]
    [InlineData("", 0, 0)]
    public void HeaderFields_EndWhereTheBodyBegins(string mail, int fields, int start)
    {
        var header = HeaderFields.Read(Encoding.UTF8.GetBytes(mail), out var bodyStart);

        Assert.Equal(fields, header.All.Count);
        Assert.Equal(start, bodyStart);
    }

    [Fact]
    public void HeaderFields_MoreThanAThousand_TheFirstThousandStay()
    {
        var octets = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 1001).Select(i => $"X-{i}: v\r\n")) + "\r\nbody");

        var header = HeaderFields.Read(octets, out var bodyStart);

        Assert.Equal(1000, header.All.Count);
        Assert.Equal("X-999", header.All[^1].Key);
        Assert.Equal("body", Encoding.UTF8.GetString(octets.AsSpan(bodyStart)));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("  a \r\n\t b\0 ", "a b")]
    public void Snippet_OneLine(string text, string snippet) => Assert.Equal(snippet, Snippets.From(text));

    [Fact]
    public void Snippet_Length_250WithEllipsisAndWholeCharacters()
    {
        Assert.Equal(new string('x', 250), Snippets.From(new string('x', 250)));
        Assert.Equal(new string('x', 249) + "…", Snippets.From(new string('x', 251)));
        Assert.Equal(new string('x', 248) + "…", Snippets.From(new string('x', 248) + "😀😀"));
    }
}
