namespace TestSupport;

/// <summary>Where the stack of this test run is to be found.</summary>
public sealed record StackAddress
{
    /// <summary>Connection string of the Postgres server, without a database.</summary>
    public required string Postgres { get; init; }

    public required string Redis { get; init; }

    /// <summary>AMQP URI of the default virtual host.</summary>
    public required string RabbitMQ { get; init; }

    /// <summary>Base address of RabbitMQ's management API.</summary>
    public required Uri RabbitMQManagement { get; init; }

    /// <summary>Base address of the gateway: the whole platform.</summary>
    public required Uri Gateway { get; init; }

    /// <summary>Base address of the inbox: every mail, SMS and push that the platform has sent.</summary>
    public required Uri Inbox { get; init; }

    /// <summary>Signs tokens that device-registry accepts.</summary>
    public required TokenSigner Tokens { get; init; }

    /// <summary>The key of pairing's administrator.</summary>
    public required string PairingAdminKey { get; init; }

    /// <summary>Whoever confirms this address is an administrator of the platform. It can be registered once.</summary>
    public required string AdministratorEmail { get; init; }
}
