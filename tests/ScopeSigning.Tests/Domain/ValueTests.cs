using ScopeSigning.Domain;

namespace ScopeSigning.Tests.Domain;

public sealed class ValueTests
{
    [Theory]
    [InlineData("a@b.example", "a@b.example")]
    [InlineData("First.Last+tag@Mail.EXAMPLE", "First.Last+tag@mail.example")]
    [InlineData("!#$%&'*+-/=?^_`{|}~@b.example", "!#$%&'*+-/=?^_`{|}~@b.example")]
    [InlineData("jürgen@bücher.example", "jürgen@xn--bcher-kva.example")]
    [InlineData("用户@例子.example", "用户@xn--fsqu00a.example")]
    public void Email_WellFormed_IsTakenWithItsDomainInAscii(string text, string expected)
    {
        Assert.True(EmailAddress.TryParse(text, out var email));
        Assert.Equal(expected, email.Text);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("@b.example")]
    [InlineData("a@")]
    [InlineData("a@b")]
    [InlineData("a@@b.example")]
    [InlineData("a@c@b.example")]
    [InlineData(".a@b.example")]
    [InlineData("a.@b.example")]
    [InlineData("a..c@b.example")]
    [InlineData("a b@b.example")]
    [InlineData(" a@b.example")]
    [InlineData("a@b.example ")]
    [InlineData("a,c@b.example")]
    [InlineData("<a@b.example>")]
    [InlineData("\"a\"@b.example")]
    [InlineData("a(c)@b.example")]
    [InlineData("a;c@b.example")]
    [InlineData("a:c@b.example")]
    [InlineData("a\\c@b.example")]
    [InlineData("a\r\nBcc: x@b.example")]
    [InlineData("a\0@b.example")]
    [InlineData("a\u200b@b.example")]
    [InlineData("a\ud800@b.example")]
    [InlineData("😀@b.example")]
    [InlineData("a@127.0.0.1")]
    [InlineData("a@[127.0.0.1]")]
    [InlineData("a@-b.example")]
    [InlineData("a@b..example")]
    [InlineData("a@b.example.")]
    [InlineData("a@b_c.example")]
    [InlineData("a@ｅｘａｍｐｌｅ.com")]
    [InlineData("a@exam℡ple.com")]
    public void Email_Malformed_IsRefused(string? text) => Assert.False(EmailAddress.TryParse(text, out _));

    [Fact]
    public void Email_LocalPart_HasAtMost64Bytes()
    {
        Assert.True(EmailAddress.TryParse(new string('a', 64) + "@b.example", out _));
        Assert.False(EmailAddress.TryParse(new string('a', 65) + "@b.example", out _));
        Assert.True(EmailAddress.TryParse(new string('ü', 32) + "@b.example", out _));
        Assert.False(EmailAddress.TryParse(new string('ü', 33) + "@b.example", out _));
    }

    [Fact]
    public void Email_Whole_HasAtMost254Characters()
    {
        string WithLength(int length) => $"{new string('a', 64)}@{new string('b', 63)}.{new string('c', 63)}.{new string('d', length - 64 - 1 - 64 - 64 - 8)}.example";

        Assert.Equal(254, WithLength(254).Length);
        Assert.True(EmailAddress.TryParse(WithLength(254), out _));
        Assert.False(EmailAddress.TryParse(WithLength(255), out _));
    }

    [Theory]
    [InlineData("+1234567", true)]
    [InlineData("+123456", false)]
    [InlineData("+123456789012345", true)]
    [InlineData("+1234567890123456", false)]
    [InlineData("+0123456789", false)]
    [InlineData("1234567890", false)]
    [InlineData("+31 612345678", false)]
    [InlineData("+31-612345678", false)]
    [InlineData("+٣١٦١٢٣٤٥٦٧", false)]
    [InlineData("++316123456", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void Phone_Forms_AreE164(string? text, bool valid) => Assert.Equal(valid, PhoneNumber.TryParse(text, out _));

    [Theory]
    [InlineData(-61, -1000, false)]
    [InlineData(-60, -1000, false)]
    [InlineData(-59, -1000, true)]
    [InlineData(86_400, -1, true)]
    [InlineData(86_460, -1, true)]
    [InlineData(86_461, -1, false)]
    [InlineData(30, 30, false)]
    [InlineData(31, 30, true)]
    [InlineData(300, 60, true)]
    [InlineData(300, 61, false)]
    public void Times_ExpAndIat_AreJudgedWithAMinutesTolerance(int exp, int iat, bool fresh)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
        var seconds = now.ToUnixTimeSeconds();

        Assert.Equal(fresh, new TokenTimes(seconds + iat, null, seconds + exp).AreFresh(now, TimeSpan.FromHours(24)));
    }

    [Theory]
    [InlineData(-660, true)]
    [InlineData(-661, false)]
    [InlineData(60, true)]
    [InlineData(61, false)]
    public void Times_IatAlone_IsAtMostTenMinutesOldWithTolerance(int iat, bool fresh)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
        var times = new TokenTimes(now.ToUnixTimeSeconds() + iat, null, null);

        Assert.Equal(fresh, times.AreFresh(now, TimeSpan.FromHours(24)));
        Assert.False(times.AreFresh(DateTimeOffset.FromUnixTimeSeconds(times.DeadFrom!.Value), TimeSpan.FromHours(24)));
    }
}
