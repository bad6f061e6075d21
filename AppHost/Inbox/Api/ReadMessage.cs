using Inbox.Messages;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Inbox.Api;

/// <summary>
/// <c>GET /api/v1/message/{ID}</c> and what belongs to one message: <c>/headers</c>, <c>/raw</c>, <c>/part/{PartID}</c>. <c>latest</c> is the newest message.
/// 404 for an unknown id, also of a message that has been deleted or pushed out.
/// </summary>
internal static class ReadMessage
{
    public static void Map(RouteGroupBuilder group)
    {
        group.MapGet("/message/{id}", Read).WithName(nameof(ReadMessage));
        group.MapGet("/message/{id}/headers", ReadHeaders).WithName("ReadMessageHeaders");
        group.MapGet("/message/{id}/raw", ReadRaw).WithName("ReadMessageRaw");
        group.MapGet("/message/{id}/part/{partId}", ReadPart).WithName("ReadMessagePart");
    }

    private static Results<Ok<MessageDetail>, ProblemHttpResult> Read(string id, MessageStore store)
        => Find(store, id) is { } message ? TypedResults.Ok(MessageDetail.Of(message)) : NoMessage();

    private static Results<Ok<IReadOnlyDictionary<string, IReadOnlyList<string>>>, ProblemHttpResult> ReadHeaders(string id, MessageStore store)
        => Find(store, id) is { } message
            ? TypedResults.Ok<IReadOnlyDictionary<string, IReadOnlyList<string>>>(message.Headers
                .GroupBy(header => header.Key, header => header.Value, StringComparer.OrdinalIgnoreCase)
                .ToDictionary(headers => headers.Key, IReadOnlyList<string> (headers) => [.. headers], StringComparer.OrdinalIgnoreCase))
            : NoMessage();

    private static Results<FileContentHttpResult, ProblemHttpResult> ReadRaw(string id, MessageStore store)
        => Find(store, id) is { } message ? TypedResults.Bytes(message.Raw, "text/plain; charset=utf-8") : NoMessage();

    private static Results<FileContentHttpResult, ProblemHttpResult> ReadPart(string id, string partId, MessageStore store)
    {
        if (Find(store, id) is not { } message)
        {
            return NoMessage();
        }

        // Always a download: an attachment must not run as a page of this origin.
        return message.Attachments.FirstOrDefault(attachment => attachment.PartId == partId) is { } part
            ? TypedResults.Bytes(part.Content, "application/octet-stream", part.FileName)
            : Problems.NotFound("The message has no such attachment.");
    }

    private static Message? Find(MessageStore store, string id) => id == "latest" ? store.Newest() : store.Find(id);

    private static ProblemHttpResult NoMessage() => Problems.NotFound("There is no such message.");
}
