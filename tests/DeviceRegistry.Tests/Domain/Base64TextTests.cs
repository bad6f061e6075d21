using System.Text;
using DeviceRegistry.Domain;

namespace DeviceRegistry.Tests.Domain;

/// <summary>Contract §1.5: standard base64 with padding.</summary>
public sealed class Base64TextTests
{
    [Theory]
    [InlineData("", 0, 3, true)]
    [InlineData("AAAA", 1, 3, true)]
    [InlineData("AAA=", 1, 3, true)]
    [InlineData("AA==", 1, 3, true)]
    [InlineData("AAAA", 4, 9, false)]
    [InlineData("AAAAAAAA", 1, 3, false)]
    [InlineData("AAAAAAA=", 1, 5, true)]
    [InlineData("AAAAAAA=", 1, 4, false)]
    [InlineData("A===", 0, 3, false)]
    [InlineData("====", 0, 3, false)]
    [InlineData("AA=A", 0, 3, false)]
    [InlineData("AAA", 0, 3, false)]
    [InlineData("AA-_", 0, 3, false)]
    [InlineData("AA A", 0, 3, false)]
    [InlineData("AAAA\n", 0, 9, false)]
    [InlineData("ÄAAA", 0, 9, false)]
    public void Decode_OnlyWellFormedTextOfTheSize(string text, int minimum, int maximum, bool isGood)
        => Assert.Equal(isGood, Base64Text.Decode(Encoding.UTF8.GetBytes(text), minimum, maximum) is not null);

    [Fact]
    public void Decode_EveryLength_RoundTrips()
    {
        for (var length = 0; length < 300; length++)
        {
            var bytes = System.Security.Cryptography.RandomNumberGenerator.GetBytes(length);
            Assert.Equal(bytes, Base64Text.Decode(Encoding.ASCII.GetBytes(Convert.ToBase64String(bytes)), length, length));
        }
    }
}
