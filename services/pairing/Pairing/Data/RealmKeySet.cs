using Pairing.Domain;
using ServiceDefaults.Jose;

namespace Pairing.Data;

/// <summary>
/// A realm's published keys (contract §2.4): kept for ten minutes; fetched again for an unknown <c>kid</c>, at most every 30 seconds;
/// kept on while the realm cannot be reached.
/// </summary>
internal sealed partial class RealmKeySet(HttpClient http, Uri address, TimeProvider clock, ILogger logger) : IVerificationKeys, IDisposable
{
    /// <summary>Name of the <see cref="HttpClient"/>: no redirects, so that a key set comes from where it was configured.</summary>
    public const string HttpClientName = "realm-keys";

    /// <summary>The largest key set that is read, in bytes.</summary>
    public const int MaximumSize = 256 * 1024;

    private static readonly TimeSpan FreshFor = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _fetching = new(1, 1);
    private volatile KeptKeys? _kept;
    private DateTimeOffset _lastAttempt = DateTimeOffset.MinValue;

    public async ValueTask<VerificationKey?> FindAsync(string keyId, CancellationToken cancellationToken)
    {
        var kept = _kept;
        if (kept is not null && IsFresh(kept) && kept.Keys.TryGetValue(keyId, out var key))
        {
            return key;
        }

        kept = await FetchUnlessTriedAsync(keyId, cancellationToken);

        // Without any key set nothing can be said about the token: that is an outage (503), not a bad token.
        return kept is null
            ? throw new HttpRequestException("The realm's key set has never been reached.")
            : kept.Keys.GetValueOrDefault(keyId);
    }

    public void Dispose() => _fetching.Dispose();

    // One fetch at a time; whoever waited for it takes its result.
    private async Task<KeptKeys?> FetchUnlessTriedAsync(string keyId, CancellationToken cancellationToken)
    {
        await _fetching.WaitAsync(cancellationToken);
        try
        {
            var now = clock.GetUtcNow();
            var kept = _kept;
            if (kept is not null && IsFresh(kept) && kept.Keys.ContainsKey(keyId))
            {
                return kept;
            }

            if (now - _lastAttempt < ShortestInterval)
            {
                return kept;
            }

            _lastAttempt = now;
            if (await FetchAsync(cancellationToken) is { } keys)
            {
                _kept = kept = new KeptKeys(keys, now);
            }

            return kept;
        }
        finally
        {
            _fetching.Release();
        }
    }

    private async Task<IReadOnlyDictionary<string, VerificationKey>?> FetchAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(FetchTimeout);
            using var response = await http.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            response.EnsureSuccessStatusCode();
            await using var body = await response.Content.ReadAsStreamAsync(limit.Token);
            var buffer = new byte[MaximumSize + 1];
            var length = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, limit.Token);
            if (length <= MaximumSize && JsonWebKeys.ReadSet(buffer.AsMemory(0, length)) is { } keys)
            {
                return keys;
            }

            LogUnreadable(address);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            LogUnreachable(address, exception.Message);
        }

        return null;
    }

    private bool IsFresh(KeptKeys kept) => clock.GetUtcNow() - kept.FetchedAt < FreshFor;

    [LoggerMessage(1, LogLevel.Warning, "The key set of realm {Address} cannot be fetched: {Reason}")]
    private partial void LogUnreachable(Uri address, string reason);

    [LoggerMessage(2, LogLevel.Warning, "What realm {Address} publishes is no key set, or too large")]
    private partial void LogUnreadable(Uri address);

    private sealed record KeptKeys(IReadOnlyDictionary<string, VerificationKey> Keys, DateTimeOffset FetchedAt);
}
