using System.Collections.Concurrent;

namespace IdentityAuth.Passwords;

/// <summary>What came of comparing a password.</summary>
internal enum PasswordCheck
{
    Right,
    Wrong,

    /// <summary>Not compared: there was no place.</summary>
    Busy,
}

/// <summary>
/// Hashes passwords on threads of its own, a fixed number, for whoever has one of a fixed number of places: a wave of sign-ins can neither take
/// the processors from the other requests nor pile up. Who finds no place is told at once.
/// </summary>
internal sealed class PasswordHasher : IDisposable
{
    /// <summary>How long somebody should wait who found no place.</summary>
    public static readonly TimeSpan BusyWait = TimeSpan.FromSeconds(1);

    private readonly PasswordOptions _options;
    private readonly BlockingCollection<Action> _queue = [];
    private readonly Thread[] _workers;
    private readonly Lazy<string> _dummy;
    private int _places;

    public PasswordHasher(IdentityAuthOptions options)
    {
        _options = options.Passwords;
        _places = _options.Workers + _options.Queue;
        _dummy = new Lazy<string>(() => PasswordHash.Create(Guid.NewGuid().ToString(), _options.MemoryKiB, _options.Iterations).ToString());
        _workers = [.. Enumerable.Range(0, _options.Workers).Select(index => new Thread(Work) { IsBackground = true, Name = $"password-{index}" })];
        foreach (var worker in _workers)
        {
            worker.Start();
        }

        // Part of the start, not of the first sign-in at an unknown address, which would stand out by it.
        _queue.Add(() => _ = _dummy.Value);
    }

    /// <summary>Passwords that wait for a thread.</summary>
    public int Waiting => _queue.Count;

    /// <summary>
    /// Takes a place, to be had before anything else is done for a request that will need one: of a crowd that comes at once those are
    /// turned away, without a store being asked, for whom there is no room.
    /// </summary>
    /// <returns>The place, until it is disposed; <see langword="null"/>: there is none.</returns>
    public Place? TryEnter()
    {
        if (Interlocked.Decrement(ref _places) >= 0)
        {
            return new Place(this);
        }

        Interlocked.Increment(ref _places);
        return null;
    }

    /// <summary>Hashes a new password.</summary>
    /// <returns>A PHC string, or <see langword="null"/> when there is no place.</returns>
    public async ValueTask<string?> HashAsync(string password, CancellationToken cancellationToken)
    {
        using var place = TryEnter();
        return place is null ? null : await place.HashAsync(password, cancellationToken);
    }

    /// <summary>Compares a password.</summary>
    /// <param name="hash">As <see cref="Place.MatchesAsync"/>.</param>
    public async ValueTask<PasswordCheck> VerifyAsync(string? hash, string password, CancellationToken cancellationToken)
    {
        using var place = TryEnter();
        return place is null ? PasswordCheck.Busy : await place.MatchesAsync(hash, password, cancellationToken) ? PasswordCheck.Right : PasswordCheck.Wrong;
    }

    /// <summary>Whether a hash was made with other parameters than those of today.</summary>
    public bool IsOutdated(string hash)
        => PasswordHash.Parse(hash) is not { } parsed || parsed.MemoryKiB != _options.MemoryKiB || parsed.Iterations != _options.Iterations || parsed.Lanes != 1;

    public void Dispose()
    {
        _queue.CompleteAdding();
        foreach (var worker in _workers)
        {
            worker.Join();
        }

        _queue.Dispose();
    }

    private Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _queue.Add(
            () =>
            {
                if (cancellationToken.IsCancellationRequested)
                {
                    // Its client is gone: the time is somebody else's.
                    done.SetCanceled(cancellationToken);
                    return;
                }

                try
                {
                    done.SetResult(work());
                }
                catch (Exception exception)
                {
                    done.SetException(exception);
                }
            },
            CancellationToken.None);
        return done.Task;
    }

    private void Work()
    {
        foreach (var job in _queue.GetConsumingEnumerable())
        {
            job();
        }

        Argon2.Release();
    }

    /// <summary>The right to have one password after the other hashed.</summary>
    internal sealed class Place(PasswordHasher hasher) : IDisposable
    {
        private int _isLeft;

        /// <summary>Hashes a new password.</summary>
        /// <returns>A PHC string.</returns>
        public Task<string> HashAsync(string password, CancellationToken cancellationToken)
            => hasher.RunAsync(() => PasswordHash.Create(password, hasher._options.MemoryKiB, hasher._options.Iterations).ToString(), cancellationToken);

        /// <summary>Compares a password.</summary>
        /// <param name="hash">
        /// What is kept for the account; <see langword="null"/> when there is no account or no password: then the time of a comparison
        /// is spent all the same, and nothing matches.
        /// </param>
        public Task<bool> MatchesAsync(string? hash, string password, CancellationToken cancellationToken)
        {
            return hasher.RunAsync(Compare, cancellationToken);

            bool Compare()
            {
                var matches = PasswordHash.Parse(hash ?? hasher._dummy.Value) is { } parsed && parsed.Matches(password);
                return matches && hash is not null;
            }
        }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isLeft, 1) == 0)
            {
                Interlocked.Increment(ref hasher._places);
            }
        }
    }
}
