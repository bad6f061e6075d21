using System.Text;
using System.Text.Json;
using Inbox.Messages;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace Inbox.Api;

/// <summary>
/// <c>POST /sms</c>, <c>/push</c>, <c>/letter</c>, <c>/test</c>: what a provider would have taken, a JSON object. 201 with the message's id. <c>Text</c> is the
/// body as it came. <c>Kind</c> is <c>channel</c>, or what the path says; <c>To</c> is <c>to</c> (a number, an address, or the members of a postal address on one line), for push
/// <c>devtoken</c> or <c>to</c>. 400, 413, 415 for anything else, and nothing is stored.
/// </summary>
internal static class PostMessage
{
    private static readonly string[] Phone = [MessageKind.Sms, MessageKind.Tts];
    private static readonly string[] Push = [MessageKind.Push];
    private static readonly string[] Letter = [MessageKind.Letter];
    private static readonly string[] Any = [MessageKind.Email, MessageKind.Sms, MessageKind.Tts, MessageKind.Push, MessageKind.Letter];

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        MapChannels(endpoints, "/sms", Phone, MessageKind.Sms);
        MapChannels(endpoints, "/push", Push, MessageKind.Push);
        MapChannels(endpoints, "/letter", Letter, MessageKind.Letter);
        MapChannels(endpoints, "/test", Any, defaultChannel: null);
    }

    private static void MapChannels(IEndpointRouteBuilder endpoints, string path, string[] channels, string? defaultChannel)
        => endpoints.MapPost(path, (HttpRequest request, MessageStore store, IOptions<InboxOptions> options, TimeProvider clock, ILogger<MessageStore> logger, CancellationToken cancellationToken)
            => HandleAsync(channels, defaultChannel, request, store, options.Value, clock, logger, cancellationToken)).WithName("Post" + path.Replace('/', '-'));

    private static async Task<Results<Created<MessageCreated>, ProblemHttpResult>> HandleAsync(
        string[] channels, string? defaultChannel, HttpRequest request, MessageStore store, InboxOptions options, TimeProvider clock,
        ILogger logger, CancellationToken cancellationToken)
    {
        if (!JsonBodies.IsJson(request))
        {
            return Problems.NotJson();
        }

        var (body, refusal) = await JsonBodies.ReadAsync(request, options.MaxPostBytes, cancellationToken);
        if (refusal is not null)
        {
            return refusal;
        }

        var (json, invalid) = JsonBodies.ParseObject(body);
        if (invalid is not null)
        {
            return invalid;
        }

        var kind = json.TryGetProperty("channel", out var channel) ? JsonBodies.StringOf(channel) : defaultChannel;
        if (kind is null || !channels.Contains(kind, StringComparer.Ordinal))
        {
            return Problems.Invalid($"channel must be one of: {string.Join(", ", channels)}.");
        }

        if (Recipient(json, kind) is not { Length: > 0 } recipient)
        {
            return Problems.Invalid(kind == MessageKind.Push
                ? "devtoken must be a string that is not empty."
                : "to must be a string that is not empty, or an object of such strings.");
        }

        var now = clock.GetUtcNow();
        var message = new Message
        {
            Id = MessageIds.New(now),
            Kind = kind,
            MessageId = request.Headers["Idempotency-Key"].ToString() is { Length: > 0 } key ? key : Member(json, "id") ?? "",
            Created = now,
            From = new("", Member(json, "from") ?? Member(json, "iss") ?? ""),
            To = [new("", recipient)],
            Subject = Member(json, "subject") ?? Member(json, "title") ?? Member(json, "kind") ?? "",
            Snippet = Snippets.From(Member(json, "text") ?? Member(json, "body") ?? Member(json, "code") ?? Member(json, "callback") ?? json.GetRawText()),
            Text = Encoding.UTF8.GetString(body.Span),
            MediaType = "application/json",
            Raw = body,
        };
        store.Add(message);
        logger.LogInformation("{Kind} {Id} accepted: {Bytes} bytes.", kind, message.Id, body.Length);
        return TypedResults.Created($"/api/v1/message/{message.Id}", new MessageCreated(message.Id));
    }

    // A number, a device token, or the lines of a postal address joined to one.
    private static string? Recipient(JsonElement json, string kind)
    {
        if (kind == MessageKind.Push && Member(json, "devtoken") is { } token)
        {
            return token;
        }

        if (!json.TryGetProperty("to", out var to))
        {
            return null;
        }

        return to.ValueKind == JsonValueKind.Object
            ? string.Join(", ", to.EnumerateObject().Select(line => JsonBodies.StringOf(line.Value)).Where(line => !string.IsNullOrWhiteSpace(line)))
            : JsonBodies.StringOf(to)?.Trim();
    }

    private static string? Member(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? JsonBodies.StringOf(value) : null;
}
