using System.Text;
using IdentityAuth.Domain.Factors;

namespace IdentityAuth.Tests.Domain.Factors;

public sealed class Base32Tests
{
    /// <summary>RFC 4648 §10.</summary>
    [Theory]
    [InlineData("", "")]
    [InlineData("f", "MY======")]
    [InlineData("fo", "MZXQ====")]
    [InlineData("foo", "MZXW6===")]
    [InlineData("foob", "MZXW6YQ=")]
    [InlineData("fooba", "MZXW6YTB")]
    [InlineData("foobar", "MZXW6YTBOI======")]
    public void Decode_PublishedVectors_GivesTheirBytes(string plain, string text)
    {
        Assert.Equal(plain, Encoding.ASCII.GetString(Base32.Decode(text)!));
        Assert.Equal(plain, Encoding.ASCII.GetString(Base32.Decode(text.TrimEnd('='))!));
        Assert.Equal(text.TrimEnd('='), Base32.Encode(Encoding.ASCII.GetBytes(plain)));
    }

    [Theory]
    [InlineData("mzxw6ytboi")]
    [InlineData("MZXW 6YTB OI")]
    [InlineData("MZXW-6YTB-OI==")]
    public void Decode_AsPeopleWriteIt_GivesTheSame(string text) => Assert.Equal("foobar", Encoding.ASCII.GetString(Base32.Decode(text)!));

    [Theory]
    [InlineData("MZXW0")] // no 0
    [InlineData("MZXW1")] // no 1
    [InlineData("MZXW8")] // no 8
    [InlineData("MZ=XW")] // padding inside
    [InlineData("M")] // five bits are no byte
    [InlineData("MZX")] // three characters
    [InlineData("MZ")] // stray bits: only MY is "f"
    [InlineData("ÄZXW")]
    public void Decode_NoBase32_IsRefused(string text) => Assert.Null(Base32.Decode(text));
}
