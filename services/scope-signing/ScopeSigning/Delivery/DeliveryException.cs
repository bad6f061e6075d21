namespace ScopeSigning.Delivery;

/// <summary>A provider did not take a message. The text names no recipient and no code.</summary>
public sealed class DeliveryException : Exception
{
    public DeliveryException()
    {
    }

    public DeliveryException(string message)
        : base(message)
    {
    }

    public DeliveryException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Whether the provider would say the same to the same message again: it is not tried again.</summary>
    public bool IsFinal { get; init; }
}
