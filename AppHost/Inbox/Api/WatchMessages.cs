using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Inbox.Messages;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Inbox.Api;

/// <summary>
/// <c>GET /api/v1/events</c>: a stream (text/event-stream) that says when the inbox has changed, first at once, so that a page that was away
/// catches up. Data is a number that grows; what changed is in the list. Changes that come together are one event.
/// </summary>
internal static class WatchMessages
{
    // Keeps proxies from closing a quiet stream, and lets us notice that the client has gone.
    private static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(15);

    public static void Map(RouteGroupBuilder group) => group.MapGet("/events", Watch).WithName(nameof(WatchMessages));

    private static ServerSentEventsResult<string> Watch(
        MessageStore store, TimeProvider clock, IHostApplicationLifetime lifetime, CancellationToken cancellationToken)
        => TypedResults.ServerSentEvents(ChangesAsync(store, clock, lifetime.ApplicationStopping, cancellationToken));

    private static async IAsyncEnumerable<SseItem<string>> ChangesAsync(
        MessageStore store, TimeProvider clock, CancellationToken stopping, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopping);
        while (!ends.IsCancellationRequested)
        {
            var seen = store.Version;
            yield return new(seen.ToString(CultureInfo.InvariantCulture), "change") { ReconnectionInterval = TimeSpan.FromSeconds(1) };
            while (!await ChangedAsync(store, seen, clock, ends.Token) && !ends.IsCancellationRequested)
            {
                yield return new("", "ping");
            }
        }
    }

    private static async Task<bool> ChangedAsync(MessageStore store, long seen, TimeProvider clock, CancellationToken ends)
    {
        try
        {
            await store.WaitForChangeAsync(seen, ends).WaitAsync(PingInterval, clock, ends);
            return true;
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            return false;
        }
    }
}
