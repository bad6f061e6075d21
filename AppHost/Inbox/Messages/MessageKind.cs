namespace Inbox.Messages;

/// <summary>How a message would have reached its recipient, as it stands in <c>Kind</c>.</summary>
public static class MessageKind
{
    public const string Email = "email";
    public const string Sms = "sms";

    /// <summary>Text to speech: read aloud to a phone number.</summary>
    public const string Tts = "tts";
    public const string Push = "push";
    public const string Letter = "letter";
}
