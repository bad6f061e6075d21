namespace IdentityAuth.Delivery;

/// <summary>One way for messages to leave.</summary>
internal interface IDeliverySender
{
    /// <summary>The channel that it serves.</summary>
    string Channel { get; }

    /// <summary>Hands a message over.</summary>
    /// <param name="id">The same at every try, so that a provider can tell a repetition.</param>
    /// <exception cref="DeliveryException">It was not taken; it is tried again.</exception>
    Task SendAsync(Guid id, DeliveryContent content, CancellationToken cancellationToken);
}
