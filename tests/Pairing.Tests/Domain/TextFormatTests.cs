using System.Buffers.Text;
using System.Text;
using Pairing.Domain;
using ServiceDefaults.Jose;

namespace Pairing.Tests.Domain;

/// <summary>The strict readers of UUIDs and base64url.</summary>
public sealed class TextFormatTests
{
    [Theory]
    [InlineData("6f9619ff-8b86-4011-b42d-00cf4fc964ff")]
    [InlineData("6F9619FF-8B86-4011-B42D-00CF4FC964FF")]
    public void Uuid_Hyphenated_IsRead(string text)
    {
        Assert.True(Uuid.TryParse(text, out var value));
        Assert.Equal("6f9619ff-8b86-4011-b42d-00cf4fc964ff", value.ToString());
        Assert.True(Uuid.TryParseVersion4(text, out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("6f9619ff8b864011b42d00cf4fc964ff")]
    [InlineData("{6f9619ff-8b86-4011-b42d-00cf4fc964ff}")]
    [InlineData(" 6f9619ff-8b86-4011-b42d-00cf4fc964f")]
    [InlineData("6f9619ff-8b86-4011-b42d-00cf4fc964fg")]
    [InlineData("6f9619ff-8b86-4011-b42d-00cf4fc964f")]
    [InlineData("0x9619ff-8b86-4011-b42d-00cf4fc964ff")]
    [InlineData("+f9619ff-8b86-4011-b42d-00cf4fc964ff")]
    [InlineData("6f9619f-f8b86-4011-b42d-00cf4fc964ff")]
    [InlineData("6f9619ff-8b86-4011-b42d-00cf4fc964ff\0")]
    public void Uuid_AnythingElse_IsRefused(string text) => Assert.False(Uuid.TryParse(text, out _));

    [Theory]
    [InlineData("6f9619ff-8b86-1011-b42d-00cf4fc964ff")]
    [InlineData("6f9619ff-8b86-7011-b42d-00cf4fc964ff")]
    [InlineData("6f9619ff-8b86-4011-742d-00cf4fc964ff")]
    [InlineData("6f9619ff-8b86-4011-c42d-00cf4fc964ff")]
    public void Uuid_OtherVersionOrVariant_IsNotVersion4(string text) => Assert.False(Uuid.TryParseVersion4(text, out _));

    [Fact]
    public void Base64UrlText_EveryLength_IsReadBack()
    {
        for (var length = 0; length < 70; length++)
        {
            var bytes = Enumerable.Range(0, length).Select(i => (byte)(255 - (i * 7))).ToArray();
            Assert.Equal(bytes, Base64UrlText.Decode(Base64Url.EncodeToUtf8(bytes)));
        }
    }

    [Theory]
    [InlineData("A")]
    [InlineData("AA==")]
    [InlineData("AB")]
    [InlineData("AAB")]
    [InlineData("AA AA")]
    [InlineData("AAA\n")]
    [InlineData("AA+A")]
    [InlineData("AA/A")]
    [InlineData("AAAé")]
    public void Base64UrlText_AnotherSpelling_IsRefused(string text) => Assert.Null(Base64UrlText.Decode(Encoding.UTF8.GetBytes(text)));
}
