namespace ScopeSigning.Messages;

// Work orders from this service to itself. They name a row and say nothing else, so no code, address or number is on the bus.
// One type, and so one queue, per way: a mail server that is away does not hold up text messages.

/// <summary>Order to send a mail.</summary>
public sealed record DeliverEmail
{
    public required Guid DeliveryId { get; init; }
}

/// <summary>Order to send a text message or have one spoken.</summary>
public sealed record DeliverToPhone
{
    public required Guid DeliveryId { get; init; }
}

/// <summary>Order to send a letter.</summary>
public sealed record DeliverLetter
{
    public required Guid DeliveryId { get; init; }
}

/// <summary>Order to push to a phone.</summary>
public sealed record DeliverPush
{
    public required Guid DeliveryId { get; init; }
}

/// <summary>Order to hand a message of a test job to the test sink.</summary>
public sealed record DeliverToTestSink
{
    public required Guid DeliveryId { get; init; }
}

/// <summary>Order to sign a confirmed job with the built-in issuer.</summary>
public sealed record SignJob
{
    /// <summary>Names the job inside; it is not the job's secret id.</summary>
    public required Guid JobReference { get; init; }
}
