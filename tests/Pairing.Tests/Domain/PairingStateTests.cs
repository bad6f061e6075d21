using Pairing.Domain;

namespace Pairing.Tests.Domain;

/// <summary>Contract §4: what a stored stage means at a moment.</summary>
public sealed class PairingStateTests
{
    private static readonly DateTimeOffset End = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    [Theory]
    [InlineData(PairingStage.Created, PairingStatus.Created, PairingStatus.Expired)]
    [InlineData(PairingStage.Pending, PairingStatus.Pending, PairingStatus.Expired)]
    [InlineData(PairingStage.Verifying, PairingStatus.Pending, PairingStatus.Pending)] // begun before the end, it may finish after it
    [InlineData(PairingStage.Approved, PairingStatus.Approved, PairingStatus.Approved)]
    [InlineData(PairingStage.Denied, PairingStatus.Denied, PairingStatus.Denied)]
    [InlineData(PairingStage.Expired, PairingStatus.Expired, PairingStatus.Expired)]
    public void ViewAt_BothSidesOfTheEnd(PairingStage stage, PairingStatus before, PairingStatus after)
    {
        var state = State(stage);
        Assert.Equal(before, state.ViewAt(End - Millisecond).Status);
        Assert.Equal(after, state.ViewAt(End).Status);
        if (after == PairingStatus.Expired)
        {
            Assert.Equal("expired", state.ViewAt(End).Reason);
        }
    }

    [Theory]
    [InlineData(PairingStage.Created)]
    [InlineData(PairingStage.Pending)]
    [InlineData(PairingStage.Denied)]
    [InlineData(PairingStage.Expired)]
    [InlineData(PairingStage.Approved)]
    public void ViewAt_BothSidesOfTheRetention(PairingStage stage)
    {
        var state = State(stage);
        Assert.NotEqual(PairingStatus.NotFound, state.ViewAt(state.VisibleUntil - Millisecond).Status);
        Assert.Equal(PairingView.NotFound, state.ViewAt(state.VisibleUntil));
    }

    [Fact]
    public void Linked_IsApprovedFor24Hours()
    {
        Assert.Equal(new PairingView(PairingStatus.Approved, "completed"), PairingView.Linked(End, End + TimeSpan.FromHours(24) - Millisecond));
        Assert.Equal(PairingView.NotFound, PairingView.Linked(End, End + TimeSpan.FromHours(24)));
    }

    [Theory]
    [InlineData(null, 120)]
    [InlineData(29L, 30)]
    [InlineData(30L, 30)]
    [InlineData(31L, 31)]
    [InlineData(299L, 299)]
    [InlineData(300L, 300)]
    [InlineData(301L, 300)]
    [InlineData(long.MinValue, 30)]
    [InlineData(long.MaxValue, 300)]
    public void LifetimeSeconds_IsClamped(long? wanted, int seconds) => Assert.Equal(seconds, PairingRules.LifetimeSeconds(wanted));

    private static PairingState State(PairingStage stage) => new(Guid.NewGuid(), stage, "reason", End, End + TimeSpan.FromMinutes(10));
}
