using System.Text;
using IdentityAuth.Domain.Factors;

namespace IdentityAuth.Tests.Domain.Factors;

public sealed class TotpTests
{
    private static readonly byte[] Secret = Encoding.ASCII.GetBytes("12345678901234567890");
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_111_111_111);

    /// <summary>RFC 6238 appendix B, the rows of SHA-1.</summary>
    [Theory]
    [InlineData(59, "94287082")]
    [InlineData(1111111109, "07081804")]
    [InlineData(1111111111, "14050471")]
    [InlineData(1234567890, "89005924")]
    [InlineData(2000000000, "69279037")]
    [InlineData(20000000000, "65353130")]
    public void Compute_PublishedVectors_GivesTheirCodes(long seconds, string code)
        => Assert.Equal(code, Totp.Compute(Secret, Totp.StepOf(DateTimeOffset.FromUnixTimeSeconds(seconds)), digits: 8));

    /// <summary>RFC 4226 appendix D: HOTP with six digits.</summary>
    [Theory]
    [InlineData(0, "755224")]
    [InlineData(1, "287082")]
    [InlineData(2, "359152")]
    [InlineData(3, "969429")]
    [InlineData(4, "338314")]
    [InlineData(5, "254676")]
    [InlineData(6, "287922")]
    [InlineData(7, "162583")]
    [InlineData(8, "399871")]
    [InlineData(9, "520489")]
    public void Compute_PublishedHotpVectors_GivesTheirCodes(long counter, string code) => Assert.Equal(code, Totp.Compute(Secret, counter));

    [Theory]
    [InlineData(-2, false)]
    [InlineData(-1, true)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public void Match_StepsAroundNow_OneBeforeAndOneAfterAreAccepted(int offset, bool accepted)
    {
        var step = Totp.StepOf(Now) + offset;

        var match = Totp.Match(Secret, Totp.Compute(Secret, step), Now, lastStep: -1);

        Assert.Equal(accepted ? step : null, match);
    }

    [Fact]
    public void Match_StepThatWasAcceptedAndOlderOnes_AreRefused()
    {
        var step = Totp.StepOf(Now);

        Assert.Null(Totp.Match(Secret, Totp.Compute(Secret, step), Now, lastStep: step));
        Assert.Null(Totp.Match(Secret, Totp.Compute(Secret, step - 1), Now, lastStep: step));
        Assert.Equal(step + 1, Totp.Match(Secret, Totp.Compute(Secret, step + 1), Now, lastStep: step));
    }

    [Theory]
    [InlineData("")]
    [InlineData("05047")]
    [InlineData("0504711")]
    [InlineData("05047a")]
    [InlineData("٠٥٠٤٧١")] // digits, but not ASCII
    [InlineData("+50471")]
    public void Match_NoCode_IsRefused(string code) => Assert.Null(Totp.Match(Secret, code, Now, lastStep: -1));

    [Theory]
    [InlineData("050471", true)]
    [InlineData("05047", false)]
    [InlineData("05047a", false)]
    [InlineData("٠٥٠٤٧١", false)]
    public void IsCode_SixAsciiDigits_Only(string text, bool isCode) => Assert.Equal(isCode, Totp.IsCode(text));
}
