using Microsoft.Extensions.Logging;
using ServiceDefaults.Data;

namespace ServiceDefaults.Jose;

/// <summary>
/// A token issuer's published keys (RFC 7517 §5): kept for ten minutes; fetched again for an unknown <c>kid</c>, at most every 30 seconds;
/// kept on while the issuer cannot be reached.
/// </summary>
/// <param name="http">Follows no redirects, so that a key set comes from where it was configured.</param>
public sealed partial class RemoteKeySet(HttpClient http, Uri address, TimeProvider clock, ILogger logger)
{
    /// <summary>The largest key set that is read, in bytes.</summary>
    public const int MaximumSize = 256 * 1024;

    private static readonly TimeSpan FreshFor = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(30);

    /// <summary>The same while there are no keys at all: whoever starts before the issuer should not be late by half a minute.</summary>
    private static readonly TimeSpan FirstInterval = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(5);

    private readonly SharedDocument<IReadOnlyDictionary<string, VerificationKey>> _keys = new(clock, FreshFor, ShortestInterval, FirstInterval);

    /// <summary>The key with this <c>kid</c>, or <see langword="null"/> when the issuer publishes none.</summary>
    /// <exception cref="HttpRequestException">No key set was ever read: nothing can be said about the token (503, not 401).</exception>
    public async ValueTask<VerificationKey?> FindAsync(string keyId, CancellationToken cancellationToken)
    {
        var key = _keys.Value?.GetValueOrDefault(keyId);
        if (key is not null && _keys.IsFresh)
        {
            return key;
        }

        // An issuer that is known to be silent must not hold up everybody each time that it is tried again.
        var refresh = _keys.RefreshAsync(FetchAsync);
        if (key is not null && _keys.IsOutOfReach)
        {
            return key;
        }

        await refresh.WaitAsync(cancellationToken);
        return (_keys.Value ?? throw new HttpRequestException("The issuer's key set has never been reached.")).GetValueOrDefault(keyId);
    }

    private async Task<IReadOnlyDictionary<string, VerificationKey>?> FetchAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(FetchTimeout);
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
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            LogUnreachable(address, exception.Message);
        }

        return null;
    }

    [LoggerMessage(1, LogLevel.Warning, "The key set of issuer {Address} cannot be fetched: {Reason}")]
    private partial void LogUnreachable(Uri address, string reason);

    [LoggerMessage(2, LogLevel.Warning, "What issuer {Address} publishes is no key set, or too large")]
    private partial void LogUnreadable(Uri address);
}
