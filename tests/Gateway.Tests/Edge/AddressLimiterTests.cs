using System.Net;
using Gateway.Edge;
using Gateway.Tests.Support;

namespace Gateway.Tests.Edge;

public sealed class AddressLimiterTests
{
    private readonly ManualClock _clock = new();

    [Fact]
    public void TryTake_WholeBucket_IsGivenAndNoMore()
    {
        var limiter = new AddressLimiter(_clock, burst: 5, refill: TimeSpan.FromSeconds(10));

        Assert.All(Enumerable.Range(0, 5), _ => Assert.Null(limiter.TryTake(1)));

        var refusal = Assert.NotNull(limiter.TryTake(1));
        Assert.Equal(new LimitRefusal(5, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(10)), refusal);
    }

    [Fact]
    public void TryTake_AfterTheTimeOfOneToken_GivesExactlyOne()
    {
        var limiter = new AddressLimiter(_clock, burst: 5, refill: TimeSpan.FromSeconds(10));
        Empty(limiter, 1, 5);

        _clock.Advance(TimeSpan.FromSeconds(2) - TimeSpan.FromTicks(1));
        Assert.NotNull(limiter.TryTake(1));
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.Null(limiter.TryTake(1));
        Assert.NotNull(limiter.TryTake(1));
    }

    [Fact]
    public void TryTake_AfterALongPause_GivesNoMoreThanABucket()
    {
        var limiter = new AddressLimiter(_clock, burst: 5, refill: TimeSpan.FromSeconds(10));
        Empty(limiter, 1, 5);

        _clock.Advance(TimeSpan.FromDays(1));

        Empty(limiter, 1, 5);
        Assert.NotNull(limiter.TryTake(1));
    }

    [Fact]
    public void TryTake_Refused_CostsNothing()
    {
        var limiter = new AddressLimiter(_clock, burst: 1, refill: TimeSpan.FromSeconds(1));
        Empty(limiter, 1, 1);
        for (var i = 0; i < 100; i++)
        {
            Assert.NotNull(limiter.TryTake(1));
        }

        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Null(limiter.TryTake(1));
    }

    [Fact]
    public void TryTake_OtherAddresses_HaveBucketsOfTheirOwn()
    {
        var limiter = new AddressLimiter(_clock, burst: 1, refill: TimeSpan.FromSeconds(1));

        Assert.All(Enumerable.Range(0, 1000), key => Assert.Null(limiter.TryTake((ulong)key)));
    }

    [Fact]
    public void TryTake_AMillionAddresses_TakesNoMoreMemory()
    {
        var limiter = new AddressLimiter(_clock, burst: 2, refill: TimeSpan.FromSeconds(1));
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var key = 0UL; key < 1_000_000; key++)
        {
            Assert.True(limiter.TryTake(key) is null);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1024 * 1024);
    }

    [Fact]
    public async Task TryTake_InParallel_GivesExactlyTheBucket()
    {
        var limiter = new AddressLimiter(_clock, burst: 1000, refill: TimeSpan.FromSeconds(1));
        var given = 0;

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 500; i++)
            {
                if (limiter.TryTake(1) is null)
                {
                    Interlocked.Increment(ref given);
                }
            }
        })));

        Assert.Equal(1000, given);
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.7", false)]
    [InlineData("192.0.2.1", "192.0.2.1", true)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:2::1", false)]
    [InlineData("::1", "127.0.0.1", false)]
    [InlineData("0.0.0.1", "::1", false)]
    public void LimitKeyOf_TwoAddresses_AreOneClientOrTwo(string one, string other, bool same)
        => Assert.Equal(same, ClientAddress.LimitKeyOf(IPAddress.Parse(one)) == ClientAddress.LimitKeyOf(IPAddress.Parse(other)));

    private static void Empty(AddressLimiter limiter, ulong key, int tokens)
    {
        for (var i = 0; i < tokens; i++)
        {
            Assert.Null(limiter.TryTake(key));
        }
    }
}
