using IdentityAuth.Domain.Factors;

namespace IdentityAuth.Tests.Domain.Factors;

public sealed class BackupCodeTests
{
    [Fact]
    public void Generate_Ten_AllDifferentAndWellFormed()
    {
        var codes = BackupCode.Generate();

        Assert.Equal(BackupCode.Count, codes.Distinct(StringComparer.Ordinal).Count());
        Assert.All(codes, code => Assert.Matches("^[a-z0-9]{4}-[a-z0-9]{4}$", code));
        Assert.All(codes, code => Assert.Equal(code, BackupCode.Normalize(code)));
    }

    [Theory]
    [InlineData("a1b2-c3d4")]
    [InlineData("A1B2-C3D4")]
    [InlineData("a1b2c3d4")]
    public void Normalize_AnyCaseAndWithoutHyphen_IsOneSpelling(string text) => Assert.Equal("a1b2-c3d4", BackupCode.Normalize(text));

    [Theory]
    [InlineData("")]
    [InlineData("a1b2-c3d")]
    [InlineData("a1b2-c3d45")]
    [InlineData("a1b-2c3d4")]
    [InlineData("a1b2--c3d")]
    [InlineData("a1b2_c3d4")]
    [InlineData("ä1b2-c3d4")]
    [InlineData("123456")]
    public void Normalize_AnythingElse_IsRefused(string text) => Assert.Null(BackupCode.Normalize(text));
}
