using Gateway.Edge;
using Gateway.Tests.Support;

namespace Gateway.Tests.Edge;

public sealed class WindowLimiterTests
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    /// <summary>What counts longer than a window, at most.</summary>
    private static readonly TimeSpan Part = TimeSpan.FromSeconds(5);

    private readonly ManualClock _clock = new();

    [Fact]
    public void TryTake_TheLimit_IsGivenAndNoMore()
    {
        var limiter = new WindowLimiter(_clock, limit: 5, Window);
        Take(limiter, 5);

        var refusal = Assert.NotNull(limiter.TryTake(1));

        Assert.Equal(5, refusal.Limit);
        Assert.InRange(refusal.RetryAfter, Window, Window + Part);
        Assert.Equal(refusal.RetryAfter, refusal.FullAfter);
    }

    [Fact]
    public void TryTake_AtTheTimeThatWasNamed_IsGivenAndNotBefore()
    {
        var limiter = new WindowLimiter(_clock, limit: 3, Window);
        Take(limiter, 1);
        _clock.Advance(TimeSpan.FromSeconds(20));
        Take(limiter, 2);
        var refusal = Assert.NotNull(limiter.TryTake(1));
        Assert.InRange(refusal.FullAfter - refusal.RetryAfter, TimeSpan.FromSeconds(20) - Part, TimeSpan.FromSeconds(20) + Part);

        _clock.Advance(refusal.RetryAfter - TimeSpan.FromTicks(1));
        Assert.NotNull(limiter.TryTake(1));
        _clock.Advance(TimeSpan.FromTicks(1));
        Take(limiter, 1);
        Assert.NotNull(limiter.TryTake(1));
    }

    [Fact]
    public void TryTake_Refused_CostsNothing()
    {
        var limiter = new WindowLimiter(_clock, limit: 1, Window);
        Take(limiter, 1);
        for (var i = 0; i < 100; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(0.5));
            Assert.NotNull(limiter.TryTake(1));
        }

        _clock.Advance(Window);

        Take(limiter, 1);
    }

    [Fact]
    public void TryTake_AnyPatternOfRequests_NoWindowHasMoreThanTheLimit()
    {
        const int limit = 20;
        var random = new Random(20260301);
        var limiter = new WindowLimiter(_clock, limit, Window);
        var given = new Queue<DateTimeOffset>();
        var (taken, refused) = (0, 0);
        for (var i = 0; i < 20_000; i++)
        {
            // Bursts and pauses of all lengths.
            _clock.Advance(TimeSpan.FromSeconds(random.Next(4) == 0 ? random.NextDouble() * 40 : 0));
            var now = _clock.GetUtcNow();
            while (given.Count > 0 && given.Peek() <= now - Window)
            {
                given.Dequeue();
            }

            if (limiter.TryTake(1) is null)
            {
                given.Enqueue(now);
                taken++;
                Assert.True(given.Count <= limit, $"{given.Count} in a window, at request {i}");
            }
            else
            {
                refused++;
            }
        }

        Assert.True(taken > 1000 && refused > 1000, $"{taken} taken, {refused} refused");
    }

    [Fact]
    public void TryTake_AfterALongPause_GivesTheLimitAgain()
    {
        var limiter = new WindowLimiter(_clock, limit: 5, Window);
        Take(limiter, 5);

        _clock.Advance(TimeSpan.FromDays(1));

        Take(limiter, 5);
        Assert.NotNull(limiter.TryTake(1));
    }

    [Fact]
    public void TryTake_MachineHasJustStarted_Works()
    {
        // Its timestamps begin at zero, and so do the parts of time.
        var limiter = new WindowLimiter(new ZeroClock(), limit: 2, Window);
        Take(limiter, 2);

        Assert.InRange(Assert.NotNull(limiter.TryTake(1)).RetryAfter, Window, Window + Part);
    }

    [Fact]
    public void TryTake_AMillionAddresses_TakesNoMoreMemory()
    {
        var limiter = new WindowLimiter(_clock, limit: 2, Window);
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var key = 0UL; key < 1_000_000; key++)
        {
            Assert.True(limiter.TryTake(key) is null);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1024 * 1024);
    }

    [Fact]
    public async Task TryTake_InParallel_GivesExactlyTheLimit()
    {
        var limiter = new WindowLimiter(_clock, limit: 1000, Window);
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

    private static void Take(WindowLimiter limiter, int count)
    {
        for (var i = 0; i < count; i++)
        {
            Assert.Null(limiter.TryTake(1));
        }
    }

    private sealed class ZeroClock : TimeProvider
    {
        public override long GetTimestamp() => 0;
    }
}
