namespace ServiceDefaults.Messaging;

/// <summary>
/// A consumer says that no further try will help, whatever the cause inside: the message goes to <c>_error</c> at once. Not even a cause
/// that looks like an outage of ours is waited for.
/// </summary>
public sealed class GivenUpException : Exception
{
    public GivenUpException()
    {
    }

    public GivenUpException(string message)
        : base(message)
    {
    }

    public GivenUpException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
