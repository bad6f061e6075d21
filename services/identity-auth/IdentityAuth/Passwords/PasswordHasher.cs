using System.Collections.Concurrent;

namespace IdentityAuth.Passwords;

/// <summary>What came of comparing a password.</summary>
internal enum PasswordCheck
{
    Right,
    Wrong,

    /// <summary>Not compared: too many wait already.</summary>
    Busy,
}

/// <summary>
/// Hashes passwords on threads of its own, a fixed number, with a bounded queue before them: a wave of sign-ins can neither take the
/// processors from the other requests nor pile up. Who finds the queue full is told at once.
/// </summary>
internal sealed class PasswordHasher : IDisposable
{
    /// <summary>How long somebody should wait who found the queue full.</summary>
    public static readonly TimeSpan BusyWait = TimeSpan.FromSeconds(1);

    private readonly PasswordOptions _options;
    private readonly BlockingCollection<Action> _queue;
    private readonly Thread[] _workers;
    private readonly Lazy<string> _dummy;

    public PasswordHasher(IdentityAuthOptions options)
    {
        _options = options.Passwords;
        _dummy = new Lazy<string>(() => PasswordHash.Create(Guid.NewGuid().ToString(), _options.MemoryKiB, _options.Iterations).ToString());
        _queue = new BlockingCollection<Action>(_options.Queue);
        _workers = [.. Enumerable.Range(0, _options.Workers).Select(index => new Thread(Work) { IsBackground = true, Name = $"password-{index}" })];
        foreach (var worker in _workers)
        {
            worker.Start();
        }

        // Part of the start, not of the first sign-in at an unknown address, which would stand out by it.
        TryRun(() => _dummy.Value, CancellationToken.None, out _);
    }

    /// <summary>Whether nobody would be let in now: to be asked before anything else is done for a request that needs a place.</summary>
    public bool IsFull => _queue.Count >= _queue.BoundedCapacity;

    /// <summary>Hashes a new password.</summary>
    /// <returns>A PHC string, or <see langword="null"/> when too many wait already.</returns>
    public async ValueTask<string?> HashAsync(string password, CancellationToken cancellationToken)
        => TryRun(() => PasswordHash.Create(password, _options.MemoryKiB, _options.Iterations).ToString(), cancellationToken, out var job)
            ? await job
            : null;

    /// <summary>Compares a password.</summary>
    /// <param name="hash">
    /// What is kept for the account; <see langword="null"/> when there is no account or no password: then the time of a comparison
    /// is spent all the same, and nothing matches.
    /// </param>
    public async ValueTask<PasswordCheck> VerifyAsync(string? hash, string password, CancellationToken cancellationToken)
    {
        return !TryRun(Compare, cancellationToken, out var job) ? PasswordCheck.Busy : await job ? PasswordCheck.Right : PasswordCheck.Wrong;

        bool Compare()
        {
            var matches = PasswordHash.Parse(hash ?? _dummy.Value) is { } parsed && parsed.Matches(password);
            return matches && hash is not null;
        }
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

    private bool TryRun<T>(Func<T> work, CancellationToken cancellationToken, out Task<T> result)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        result = done.Task;
        return _queue.TryAdd(() =>
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
        });
    }

    private void Work()
    {
        foreach (var job in _queue.GetConsumingEnumerable())
        {
            job();
        }

        Argon2.Release();
    }
}
