using DeviceRegistry.Domain;

namespace DeviceRegistry.Tests.Domain;

public sealed class GroupEventIdTests
{
    [Theory]
    [InlineData("0-0")]
    [InlineData("1733000000000-3")]
    [InlineData("9223372036854775807-9223372036854775807")]
    public void TryParse_WhatToStringWrites_IsRead(string text)
    {
        Assert.True(GroupEventId.TryParse(text, out var id));
        Assert.Equal(text, id.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("1")]
    [InlineData("1-")]
    [InlineData("-1")]
    [InlineData("01-1")]
    [InlineData("1-01")]
    [InlineData("+1-1")]
    [InlineData(" 1-1")]
    [InlineData("1-1 ")]
    [InlineData("1-1-1")]
    [InlineData("a-1")]
    [InlineData("9223372036854775808-0")]
    [InlineData("١-1")]
    public void TryParse_AnythingElse_IsNotRead(string text) => Assert.False(GroupEventId.TryParse(text, out _));

    [Fact]
    public void CompareTo_MillisecondsBeforeSequence_AsNumbers()
    {
        GroupEventId[] ordered = [new(9, 0), new(9, 10), new(10, 2), new(10, 11)];

        Assert.Equal(ordered, ordered.Reverse().Order());
        Assert.True(ordered[0] < ordered[1] && ordered[3] > ordered[2] && ordered[1] <= ordered[1] && ordered[1] >= ordered[1]);
    }
}
