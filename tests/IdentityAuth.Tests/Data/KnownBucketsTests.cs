using IdentityAuth.Data;

namespace IdentityAuth.Tests.Data;

/// <summary>When an instance lets a request through by what it knows, and when Redis has to be asked (contract §1.7).</summary>
public sealed class KnownBucketsTests
{
    private const long Now = 1_800_000_000_000_000;
    private const long Second = 1_000_000;

    private static readonly RateLimitBucket Large = new("large", 100, TimeSpan.FromSeconds(10));
    private static readonly RateLimitBucket Global = new("global", 1000, TimeSpan.FromSeconds(1));

    private readonly KnownBuckets _known = new();

    [Fact]
    public void TryCount_NothingKnown_RedisHasToBeAsked() => Assert.Null(_known.TryCount(Request(Large), Now));

    [Fact]
    public void TryCount_KnownByAnEarlierCountOfItsOwnOnly_RedisHasToBeAsked()
    {
        _known.Count(Request(Large), Now);

        Assert.Null(_known.TryCount(Request(Large), Now));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(Second, true)]
    [InlineData(Second + 1, false)]
    public void TryCount_RedisHasSpokenAWhileAgo_AsLongAsItIsFresh(long age, bool counts)
    {
        Learn(Large, spent: 0);

        Assert.Equal(counts, _known.TryCount(Request(Large), Now + age) is not null);
    }

    [Theory]
    [InlineData(49, true)]
    [InlineData(50, false)]
    public void TryCount_PartOfTheBucketIsSpent_UpToHalfOfIt(int spent, bool counts)
    {
        Learn(Large, spent);

        Assert.Equal(counts, _known.TryCount(Request(Large), Now) is not null);
    }

    [Fact]
    public void TryCount_OneAfterTheOther_CountsThemAndStopsAtHalf()
    {
        Learn(Large, spent: 0);

        var answers = Enumerable.Range(0, 60).Select(_ => _known.TryCount(Request(Large), Now)).ToList();

        Assert.Equal(Enumerable.Range(1, 50).Select(count => Now + (count * Large.Emission)), answers.OfType<BucketAnswer>().Select(answer => answer.Full));
        Assert.All(answers[50..], answer => Assert.Null(answer));
    }

    [Fact]
    public void TryCount_GlobalBucketHalfSpent_RedisHasToBeAsked()
    {
        _known.Learn(Request(Large), new BucketAnswer(0, 0, Now, Now + (500 * Global.Emission), Now));

        Assert.Null(_known.TryCount(Request(Large), Now));
    }

    [Theory]
    [InlineData(19, false)]
    [InlineData(20, true)]
    public void TryCount_SmallBucket_RedisIsAlwaysAsked(int limit, bool counts)
    {
        var bucket = new RateLimitBucket("small", limit, TimeSpan.FromSeconds(10));
        Learn(bucket, spent: 0);

        Assert.Equal(counts, _known.TryCount(Request(bucket), Now) is not null);
    }

    [Fact]
    public void Learn_OlderThanWhatWasLetThroughSince_IsNotForgotten()
    {
        Learn(Large, spent: 0);
        for (var count = 0; count < 50; count++)
        {
            Assert.NotNull(_known.TryCount(Request(Large), Now));
        }

        Learn(Large, spent: 1);

        Assert.Null(_known.TryCount(Request(Large), Now));
    }

    [Fact]
    public void Count_NobodyToAsk_ExactlyTheBucketAndThenTheWait()
    {
        var answers = Enumerable.Range(0, 101).Select(_ => _known.Count(Request(Large), Now)).ToList();

        Assert.All(answers[..100], answer => Assert.Equal(0, answer.RefusedBy));
        Assert.Equal(new BucketAnswer(1, Large.Emission, Now + Large.Span, answers[99].GlobalFull, Now), answers[100]);
    }

    /// <summary>Redis may let them through: they are no room for others.</summary>
    [Fact]
    public void TryCount_OthersAreBeingAskedAbout_CountThem()
    {
        Learn(Large, spent: 50);
        for (var count = 0; count < 10; count++)
        {
            Assert.Null(_known.TryCount(Request(Large), Now));
        }

        var later = Now + (10 * Large.Emission); // ten have leaked since

        Assert.Null(_known.TryCount(Request(Large), later));
        for (var count = 0; count < 11; count++)
        {
            _known.Learn(Request(Large), new BucketAnswer(1, 0, Now, Now, Now));
        }

        Assert.NotNull(_known.TryCount(Request(Large), later));
    }

    /// <summary>It was counted when it was let through.</summary>
    [Fact]
    public void Count_NobodyToAskAboutWhatIsThrough_MovesNothing()
    {
        Learn(Large, spent: 0);
        var through = _known.TryCount(Request(Large), Now);

        var told = _known.Count(Request(Large) with { IsThrough = true }, Now);

        Assert.Equal(through, told);
        Assert.Equal(Now + (2 * Large.Emission), _known.Count(Request(Large), Now).Full);
    }

    private static BucketRequest Request(RateLimitBucket bucket) => new(bucket, $"{bucket.Name}:me", Global, "global:me");

    private void Learn(RateLimitBucket bucket, int spent) => _known.Learn(Request(bucket), new BucketAnswer(0, 0, Now + (spent * bucket.Emission), Now, Now));
}
