using System.Globalization;
using System.Text.Json.Serialization;
using Inbox.Messages;

namespace Inbox.Api;

/// <summary>A page of messages, newest first.</summary>
/// <param name="Total">Messages in the inbox.</param>
/// <param name="Matching">Messages that match the query; the same as <paramref name="Total"/> without one.</param>
/// <param name="Count">Messages on this page.</param>
/// <param name="Start">Position of the first one, from 0.</param>
internal sealed record MessageList(
    [property: JsonPropertyName("total")] int Total,
    [property: JsonPropertyName("messages_count")] int Matching,
    [property: JsonPropertyName("count")] int Count,
    [property: JsonPropertyName("start")] int Start,
    [property: JsonPropertyName("messages")] IReadOnlyList<MessageSummary> Messages);

/// <summary>A message as lists show it.</summary>
internal record MessageSummary
{
    protected MessageSummary(Message message)
    {
        (ID, Kind, MessageID) = (message.Id, message.Kind, message.MessageId);
        (From, To, Cc, Bcc, ReplyTo) = (message.From, message.To, message.Cc, message.Bcc, message.ReplyTo);
        (Subject, Snippet) = (message.Subject, message.Snippet);
        Created = message.Created.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
        Size = message.Raw.Length;
    }

    public string ID { get; }

    public string Kind { get; }

    public string MessageID { get; }

    public Mailbox From { get; }

    public IReadOnlyList<Mailbox> To { get; }

    public IReadOnlyList<Mailbox> Cc { get; }

    public IReadOnlyList<Mailbox> Bcc { get; }

    public IReadOnlyList<Mailbox> ReplyTo { get; }

    public string Subject { get; }

    public string Snippet { get; }

    /// <summary>Arrival, UTC, RFC 3339 with milliseconds.</summary>
    public string Created { get; }

    /// <summary>Octets as they arrived.</summary>
    public int Size { get; }

    public static MessageSummary Of(Message message) => new(message);
}

/// <summary>A message with its content.</summary>
internal sealed record MessageDetail : MessageSummary
{
    private MessageDetail(Message message)
        : base(message)
    {
        (MediaType, ReturnPath, Text, HTML, Warnings) = (message.MediaType, message.ReturnPath, message.Text, message.Html, message.Warnings);
        Attachments = [.. message.Attachments.Select(part => new AttachmentSummary(part.PartId, part.FileName, part.ContentType, part.ContentId, part.Content.Length))];
    }

    /// <summary><c>message/rfc822</c> or <c>application/json</c>.</summary>
    public string MediaType { get; }

    public string ReturnPath { get; }

    public string Text { get; }

    public string HTML { get; }

    public IReadOnlyList<AttachmentSummary> Attachments { get; }

    public IReadOnlyList<string> Warnings { get; }

    public static new MessageDetail Of(Message message) => new(message);
}

/// <summary>An attachment; its octets are at <c>/api/v1/message/{ID}/part/{PartID}</c>.</summary>
internal sealed record AttachmentSummary(string PartID, string FileName, string ContentType, string ContentID, int Size);

/// <summary>Answer to a post.</summary>
internal sealed record MessageCreated(string ID);
