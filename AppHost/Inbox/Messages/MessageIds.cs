namespace Inbox.Messages;

/// <summary>Ids of messages: UUIDs of version 7 (RFC 9562 §5.7), 32 hexadecimal digits, which sort by the millisecond of arrival.</summary>
internal static class MessageIds
{
    public static string New(DateTimeOffset now) => Guid.CreateVersion7(now).ToString("N");
}
