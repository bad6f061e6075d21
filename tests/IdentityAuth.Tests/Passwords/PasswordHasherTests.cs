using IdentityAuth.Passwords;

namespace IdentityAuth.Tests.Passwords;

public sealed class PasswordHasherTests
{
    // RFC 9106 has vectors with secret and associated data only; this one is of the reference implementation's own tests (argon2id, v=19).
    [Fact]
    public void Hash_ReferenceVector_Matches()
    {
        var hash = new byte[32];

        Argon2.Hash("password"u8, "somesalt"u8, memoryKiB: 65_536, iterations: 2, lanes: 1, hash);

        Assert.Equal("09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7", Convert.ToHexStringLower(hash));
    }

    [Fact]
    public void Hash_SmallerAfterLarger_ReusesTheMemory()
    {
        Span<byte> first = stackalloc byte[32];
        Span<byte> second = stackalloc byte[32];
        Argon2.Hash("password"u8, "somesalt"u8, 64, 1, 1, first);
        Argon2.Hash("other"u8, "somesalt"u8, 4_096, 1, 1, second);
        Argon2.Hash("password"u8, "somesalt"u8, 64, 1, 1, second);

        Assert.True(first.SequenceEqual(second));
    }

    [Fact]
    public async Task Verify_RightWrongAndNone_AreToldApart()
    {
        using var hasher = Create(queue: 8, workers: 2);
        var hash = await hasher.HashAsync("correct horse", TestContext.Current.CancellationToken);

        Assert.Matches(@"^\$argon2id\$v=19\$m=64,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$", hash);
        Assert.Equal(PasswordCheck.Right, await hasher.VerifyAsync(hash, "correct horse", TestContext.Current.CancellationToken));
        Assert.Equal(PasswordCheck.Wrong, await hasher.VerifyAsync(hash, "correct hors", TestContext.Current.CancellationToken));
        Assert.Equal(PasswordCheck.Wrong, await hasher.VerifyAsync(null, "correct horse", TestContext.Current.CancellationToken));
        Assert.Equal(PasswordCheck.Wrong, await hasher.VerifyAsync("rubbish", "correct horse", TestContext.Current.CancellationToken));
        Assert.False(hasher.IsOutdated(hash!));
        Assert.True(hasher.IsOutdated(hash!.Replace("t=1", "t=2", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Hash_QueueIsFull_RefusedWithoutWaiting()
    {
        // One thread, busy with a hash that takes a while; one may wait.
        using var hasher = Create(queue: 1, workers: 1, memoryKiB: 262_144, iterations: 4);
        var attempts = Enumerable.Range(0, 10).Select(_ => hasher.HashAsync("correct horse", TestContext.Current.CancellationToken).AsTask()).ToList();

        var refusedAtOnce = attempts.Count(attempt => attempt is { IsCompletedSuccessfully: true, Result: null });
        Assert.Equal(8, refusedAtOnce);
        Assert.Equal(2, (await Task.WhenAll(attempts)).Count(hash => hash is not null));
        Assert.NotNull(await hasher.HashAsync("correct horse", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task TryEnter_200AtOnce_AsManyAsThereArePlacesUntilTheyLeave()
    {
        using var hasher = Create(queue: 3, workers: 2);

        var places = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(hasher.TryEnter)));

        Assert.Equal(5, places.Count(place => place is not null));
        Assert.Equal(PasswordCheck.Busy, await hasher.VerifyAsync(null, "correct horse", TestContext.Current.CancellationToken));
        Assert.Null(await hasher.HashAsync("correct horse", TestContext.Current.CancellationToken));
        foreach (var place in places.OfType<PasswordHasher.Place>())
        {
            Assert.False(await place.MatchesAsync(null, "correct horse", TestContext.Current.CancellationToken));
            place.Dispose();
            place.Dispose(); // gives nobody else's place away
        }

        Assert.Equal(5, Enumerable.Range(0, 200).Count(_ => hasher.TryEnter() is not null));
    }

    [Fact]
    public async Task Hash_ClientIsGone_IsNotComputed()
    {
        using var hasher = Create(queue: 8, workers: 1);
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => hasher.HashAsync("correct horse", gone.Token).AsTask());
    }

    private static PasswordHasher Create(int queue, int workers, int memoryKiB = 64, int iterations = 1)
    {
        var options = new IdentityAuthOptions();
        (options.Passwords.Queue, options.Passwords.Workers, options.Passwords.MemoryKiB, options.Passwords.Iterations) = (queue, workers, memoryKiB, iterations);
        return new PasswordHasher(options);
    }
}
