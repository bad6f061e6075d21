namespace Inbox.Messages;

/// <summary>A sender or recipient. For SMS and speech the address is a phone number, for push a device token, for letters one line.</summary>
/// <param name="Name">Display name, or empty.</param>
/// <param name="Address">Address, or empty for the null reverse-path (RFC 5321 §4.5.5).</param>
public sealed record Mailbox(string Name, string Address)
{
    public static readonly Mailbox None = new("", "");
}
