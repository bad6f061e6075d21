using System.Text.Json;
using Inbox.Messages;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace Inbox.Api;

/// <summary>
/// <c>DELETE /api/v1/messages</c>: all messages, or with a body <c>{"IDs":["…"]}</c> those. <c>DELETE /api/v1/search?query=…</c>: those that match.
/// Answers 200 <c>ok</c> in plain text, as Mailpit does. Unknown ids are no error.
/// </summary>
internal static class DeleteMessages
{
    public static void Map(RouteGroupBuilder group)
    {
        group.MapDelete("/messages", DeleteAsync).WithName(nameof(DeleteMessages));
        group.MapDelete("/search", DeleteMatching).WithName("DeleteMatchingMessages");
    }

    private static async Task<Results<ContentHttpResult, ProblemHttpResult>> DeleteAsync(
        HttpRequest request, MessageStore store, IOptions<InboxOptions> options, CancellationToken cancellationToken)
    {
        var (body, refusal) = await JsonBodies.ReadAsync(request, options.Value.MaxPostBytes, cancellationToken);
        if (refusal is not null)
        {
            return refusal;
        }

        if (body.IsEmpty)
        {
            store.Clear();
            return TypedResults.Text("ok");
        }

        var (json, invalid) = JsonBodies.ParseObject(body);
        if (invalid is not null)
        {
            return invalid;
        }

        // A misspelt member must not delete everything.
        if (!json.TryGetProperty("IDs", out var ids) || ids.ValueKind != JsonValueKind.Array
            || !ids.EnumerateArray().All(id => JsonBodies.StringOf(id) is not null))
        {
            return Problems.Invalid("IDs must be an array of strings; send no body to delete all messages.");
        }

        if (ids.GetArrayLength() == 0)
        {
            store.Clear();
        }
        else
        {
            store.Remove(ids.EnumerateArray().Select(id => id.GetString()!));
        }

        return TypedResults.Text("ok");
    }

    private static Results<ContentHttpResult, ProblemHttpResult> DeleteMatching(HttpRequest request, MessageStore store)
    {
        var text = request.Query["query"].ToString();
        if (string.IsNullOrWhiteSpace(text) || text.Length > MessageQuery.MaxLength)
        {
            return Problems.BadQuery($"query must have 1 to {MessageQuery.MaxLength} characters.");
        }

        store.Remove(store.Snapshot().Where(MessageQuery.Parse(text).Matches).Select(message => message.Id));
        return TypedResults.Text("ok");
    }
}
