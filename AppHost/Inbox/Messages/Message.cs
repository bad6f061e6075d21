namespace Inbox.Messages;

/// <summary>One delivered message, whatever way it came. Never changes once it is stored.</summary>
public sealed record Message
{
    /// <summary>Ours, unique; see <see cref="MessageIds"/>.</summary>
    public required string Id { get; init; }

    /// <summary>One of <see cref="MessageKind"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>
    /// The sender's id of the message, with which a repeat can be told: the header <c>Message-ID</c> without its angle brackets, or the
    /// header <c>Idempotency-Key</c> of a post. Empty when there is none.
    /// </summary>
    public required string MessageId { get; init; }

    /// <summary>When it was accepted, UTC.</summary>
    public required DateTimeOffset Created { get; init; }

    public required Mailbox From { get; init; }
    public required IReadOnlyList<Mailbox> To { get; init; }
    public IReadOnlyList<Mailbox> Cc { get; init; } = [];

    /// <summary>Recipients of the envelope that no header names, and those of the header <c>Bcc</c>.</summary>
    public IReadOnlyList<Mailbox> Bcc { get; init; } = [];
    public IReadOnlyList<Mailbox> ReplyTo { get; init; } = [];

    /// <summary>The envelope's sender (RFC 5321 §4.4), empty for a bounce and for everything that is no mail.</summary>
    public string ReturnPath { get; init; } = "";

    public required string Subject { get; init; }

    /// <summary>The first characters of the text, on one line.</summary>
    public required string Snippet { get; init; }

    /// <summary>Plain text of a mail (made from its HTML when there is no plain part), or the posted JSON as it came.</summary>
    public required string Text { get; init; }

    /// <summary>HTML of a mail, or empty.</summary>
    public string Html { get; init; } = "";

    /// <summary>Header fields in their order, values unfolded and decoded. Empty for a post.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    public IReadOnlyList<Attachment> Attachments { get; init; } = [];

    /// <summary>What a stricter receiver would have refused or misread.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>What <see cref="Raw"/> is: <c>message/rfc822</c> for a mail, <c>application/json</c> for a post.</summary>
    public required string MediaType { get; init; }

    /// <summary>The octets as they arrived.</summary>
    public required ReadOnlyMemory<byte> Raw { get; init; }

    /// <summary>What keeping the message costs in bytes, about: octets, decoded text, and a kibibyte for the rest.</summary>
    public long Cost
        => 1024 + Raw.Length
            + (2L * (Text.Length + Html.Length + Headers.Sum(header => 64L + header.Key.Length + header.Value.Length)))
            + Attachments.Sum(attachment => 256L + attachment.Content.Length);
}
