using System.Globalization;
using Inbox.Messages;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Inbox.Api;

/// <summary>
/// <c>GET /api/v1/messages?start=0&amp;limit=50&amp;query=…</c> and, as Mailpit has it, <c>GET /api/v1/search?query=…</c>: a page of messages, newest first.
/// <c>wait=SECONDS</c> (0–60) holds the answer until at least one message matches, for tests that expect one. 400 for values that are no such numbers.
/// </summary>
internal static class ListMessages
{
    private const int DefaultLimit = 50;
    private const int MaxWaitSeconds = 60;

    public static void Map(RouteGroupBuilder group)
    {
        group.MapGet("/messages", ListAsync).WithName(nameof(ListMessages));
        group.MapGet("/search", SearchAsync).WithName("SearchMessages");
    }

    private static async Task<Results<Ok<MessageList>, ProblemHttpResult>> SearchAsync(
        HttpRequest request, MessageStore store, TimeProvider clock, IHostApplicationLifetime lifetime, CancellationToken cancellationToken)
        => string.IsNullOrWhiteSpace(request.Query["query"])
            ? Problems.BadQuery("query is missing.")
            : await ListAsync(request, store, clock, lifetime, cancellationToken);

    private static async Task<Results<Ok<MessageList>, ProblemHttpResult>> ListAsync(
        HttpRequest request, MessageStore store, TimeProvider clock, IHostApplicationLifetime lifetime, CancellationToken cancellationToken)
    {
        if (!TryNumber(request, "start", 0, int.MaxValue, out var start))
        {
            return Problems.BadQuery("start must be a whole number, 0 or more.");
        }

        if (!TryNumber(request, "limit", DefaultLimit, int.MaxValue, out var limit))
        {
            return Problems.BadQuery("limit must be a whole number, 0 or more.");
        }

        if (!TryNumber(request, "wait", 0, MaxWaitSeconds, out var wait))
        {
            return Problems.BadQuery($"wait must be a whole number of seconds, 0 to {MaxWaitSeconds}.");
        }

        var text = request.Query["query"].ToString();
        if (text.Length > MessageQuery.MaxLength)
        {
            return Problems.BadQuery($"query has more than {MessageQuery.MaxLength} characters.");
        }

        var query = text.Length == 0 ? MessageQuery.All : MessageQuery.Parse(text);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(wait), clock);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token, lifetime.ApplicationStopping);
        while (true)
        {
            var seen = store.Version;
            var all = store.Snapshot();
            var matching = text.Length == 0 ? all : [.. all.Where(query.Matches)];
            if (matching.Count > 0 || wait == 0 || !await ChangesAsync(store, seen, ends.Token))
            {
                var page = matching.Skip(start).Take(limit).Select(MessageSummary.Of).ToList();
                return TypedResults.Ok(new MessageList(all.Count, matching.Count, page.Count, start, page));
            }
        }
    }

    private static async Task<bool> ChangesAsync(MessageStore store, long seen, CancellationToken ends)
    {
        try
        {
            await store.WaitForChangeAsync(seen, ends);
            return true;
        }
        catch (OperationCanceledException)
        {
            // Time is up: the answer is what there is.
            return false;
        }
    }

    private static bool TryNumber(HttpRequest request, string name, int fallback, int max, out int value)
    {
        value = fallback;
        return !request.Query.TryGetValue(name, out var text)
            || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value <= max);
    }
}
