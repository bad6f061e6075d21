using System.Globalization;
using System.Text;
using System.Text.Json;
using Pairing.Data;
using Pairing.Domain;
using Pairing.Http;
using Pairing.Messages;

namespace Pairing.Features;

/// <summary>
/// The status as server-sent events (contract §7.3; WHATWG HTML §9.2): the first one at once, then one at each change, until the status
/// is terminal. An event on the bus wakes the stream on every instance; a slow look at the stores makes sure that an outage of the broker
/// only delays it.
/// </summary>
public static class StreamPairingStatus
{
    private const int RetryMilliseconds = 1500;

    private static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(15);

    // Longer than any pairing can live and be remembered as ended: a stream that is still open then waits for nothing.
    private static readonly TimeSpan LongestStream = TimeSpan.FromMinutes(30);

    public static void Map(RouteGroupBuilder group) => group.MapGet("/pairing/status/{jti}/events", HandleAsync)
        .WithName(nameof(StreamPairingStatus))
        .WithSummary("Follow how a pairing stands")
        .WithDescription("Server-sent events without a name: `data` is the object of the status operation, `id` the position in the state "
            + "machine (1 CREATED, 2 PENDING, 3 terminal). The first comes at once, further ones at each change; a comment every 15 seconds "
            + "keeps the connection. Ends after a terminal status. With `Last-Event-ID` nothing is repeated.")
        .HasParameter("jti", "The pairing's id, a UUID.")
        .HasHeader("Last-Event-ID", "The last `id` that the client has seen: positions up to it are not sent again.")
        .Answers<PairingStatusResponse>(StatusCodes.Status200OK, "The events.", "text/event-stream")
        .Refuses(PairingProblems.ValidationFailed);

    internal static async Task<IResult> HandleAsync(
        string jti,
        HttpContext http,
        PairingStatusReader statuses,
        PairingStatusHub hub,
        PairingOptions options,
        TimeProvider clock,
        IHostApplicationLifetime lifetime)
    {
        if (!Uuid.TryParse(jti, out var id))
        {
            return PairingProblems.ValidationFailed.With(PathFaults.NotUuid("jti"));
        }

        if (hub.TryWatch(id) is not { } watch)
        {
            return PairingProblems.ServiceUnavailable;
        }

        using (watch)
        {
            // Before the answer begins: an outage is still a proper 503 here.
            var view = await statuses.ReadAsync(http.TenantId, id, http.RequestAborted);

            using var ending = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
            try
            {
                await StreamAsync(http, id, view, statuses, watch, options, clock, ending.Token);
            }
            catch (Exception) when (ending.IsCancellationRequested)
            {
                // The client is gone, or the service stops, and with it perhaps a store under the look: the stream just ends.
            }

            return Results.Empty;
        }
    }

    private static async Task StreamAsync(
        HttpContext http,
        Guid jti,
        PairingView view,
        PairingStatusReader statuses,
        PairingStatusWatch watch,
        PairingOptions options,
        TimeProvider clock,
        CancellationToken cancellationToken)
    {
        var stream = new EventStream(http.Response);
        await stream.BeginAsync(cancellationToken);

        var position = LastPosition(http.Request);
        var started = clock.GetTimestamp();
        var lastPing = started;
        var canStillAppear = options.Realms.Any(realm => Guid.Parse(realm.TenantId) == http.TenantId);
        PairingView? sent = null;
        while (true)
        {
            // 1. What is new, is sent.
            if (view.Status.Position > position || (view.Status == PairingStatus.NotFound && sent is null && position == 0))
            {
                await stream.SendAsync(view, cancellationToken);
                sent = view;
                position = view.Status.Position;
            }

            // 2. Nothing comes after a terminal status. A pairing that is not there can appear only when a realm may make it.
            if (view.Status.IsTerminal
                || (view.Status == PairingStatus.NotFound && (position > 0 || !canStillAppear))
                || clock.GetElapsedTime(started) >= LongestStream)
            {
                return;
            }

            // 3. Wait for an event, the next look or the next ping.
            var untilPing = PingInterval - clock.GetElapsedTime(lastPing);
            await watch.WaitAsync(untilPing < options.StatusStreamFallback ? untilPing : options.StatusStreamFallback, clock, cancellationToken);
            if (clock.GetElapsedTime(lastPing) >= PingInterval)
            {
                await stream.PingAsync(cancellationToken);
                lastPing = clock.GetTimestamp();
            }

            view = await ReadAgainAsync(statuses, http.TenantId, jti, view, cancellationToken);
        }
    }

    // An outage in the middle of a stream: the next look will see more.
    private static async Task<PairingView> ReadAgainAsync(
        PairingStatusReader statuses, Guid tenantId, Guid jti, PairingView last, CancellationToken cancellationToken)
    {
        try
        {
            return await statuses.ReadAsync(tenantId, jti, cancellationToken);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            return last;
        }
    }

    private static int LastPosition(HttpRequest request)
        => int.TryParse(request.Headers["Last-Event-ID"], NumberStyles.None, CultureInfo.InvariantCulture, out var position) ? position : 0;

    /// <summary>Writes the wire format.</summary>
    private sealed class EventStream(HttpResponse response)
    {
        public Task BeginAsync(CancellationToken cancellationToken)
        {
            response.ContentType = "text/event-stream";
            return WriteAsync($"retry: {RetryMilliseconds}\n\n", cancellationToken);
        }

        public Task PingAsync(CancellationToken cancellationToken) => WriteAsync(": ping\n\n", cancellationToken);

        public Task SendAsync(PairingView view, CancellationToken cancellationToken)
        {
            var data = JsonSerializer.Serialize(PairingStatusResponse.From(view), EventJson);
            var id = view.Status.Position;
            return WriteAsync(id == 0 ? $"data: {data}\n\n" : $"id: {id}\ndata: {data}\n\n", cancellationToken);
        }

        private static readonly JsonSerializerOptions EventJson = new(JsonSerializerDefaults.Web)
        {
            DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
        };

        private async Task WriteAsync(string text, CancellationToken cancellationToken)
        {
            Encoding.UTF8.GetBytes(text, response.BodyWriter);
            await response.BodyWriter.FlushAsync(cancellationToken);
        }
    }
}
