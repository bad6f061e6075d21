using IdentityAuth.Passwords;

namespace IdentityAuth.Tests.Passwords;

public sealed class CommonPasswordsTests
{
    private static readonly CommonPasswords List = new();

    [Theory]
    [InlineData("password")]
    [InlineData("PASSWORD1")]
    [InlineData("p@ssw0rd")]
    [InlineData("12345678")]
    [InlineData("123456789")]
    [InlineData("1234567890")]
    [InlineData("87654321")]
    [InlineData("11111111")]
    [InlineData("qwertyuiop")]
    [InlineData("qwerty123")]
    [InlineData("1q2w3e4r")]
    [InlineData("1q2w3e4r5t")]
    [InlineData("1qaz2wsx")]
    [InlineData("iloveyou")]
    [InlineData("iloveyou1")]
    [InlineData("sunshine")]
    [InlineData("princess")]
    [InlineData("football")]
    [InlineData("baseball1")]
    [InlineData("superman")]
    [InlineData("trustno1")]
    [InlineData("letmein123")]
    [InlineData("welcome1")]
    [InlineData("michael1")]
    [InlineData("abcd1234")]
    [InlineData("asdfghjkl")]
    [InlineData("zxcvbnm123")]
    [InlineData("Summer2024")]
    [InlineData("charlie2019")]
    [InlineData("admin123")]
    [InlineData("changeme")]
    [InlineData("19900517")]
    public void Contains_WhatEverybodyUses_IsRefused(string password)
        => Assert.True(List.Contains(password));

    [Theory]
    [InlineData("correct horse battery")]
    [InlineData("kR8$vn2!qLz")]
    [InlineData("purple-otter-sings")]
    public void Contains_WhatNobodyUses_Passes(string password) => Assert.False(List.Contains(password));

    [Fact]
    public void Count_IsAtLeastTenThousand() => Assert.InRange(List.Count, 10_000, 1_000_000);
}
