namespace ServiceDefaults.Messaging;

/// <summary>An AMQP URI in parts (RabbitMQ URI Specification).</summary>
internal sealed record BrokerAddress(string Host, ushort Port, bool Tls, string VirtualHost, string User, string Password)
{
    private const ushort PlainPort = 5672;
    private const ushort TlsPort = 5671;

    /// <exception cref="InvalidOperationException">There is none, or it is no AMQP URI. The message does not repeat it: it holds a password.</exception>
    public static BrokerAddress Parse(string? connectionString)
    {
        if (string.IsNullOrWhiteSpace(connectionString))
        {
            throw new InvalidOperationException("ConnectionStrings:rabbitmq is missing: amqp://user:password@host:5672/virtual-host");
        }

        if (!Uri.TryCreate(connectionString, UriKind.Absolute, out var uri) || uri.Scheme is not ("amqp" or "amqps") || uri.Host.Length == 0)
        {
            throw new InvalidOperationException("ConnectionStrings:rabbitmq is not an AMQP URI such as amqp://user:password@host:5672/virtual-host");
        }

        var tls = uri.Scheme == "amqps";
        var user = uri.UserInfo.Split(':', 2);
        var virtualHost = uri.AbsolutePath.TrimStart('/');
        return new BrokerAddress(
            uri.IdnHost,
            uri.Port > 0 ? (ushort)uri.Port : tls ? TlsPort : PlainPort,
            tls,
            virtualHost.Length == 0 ? "/" : Uri.UnescapeDataString(virtualHost),
            user[0].Length == 0 ? "guest" : Uri.UnescapeDataString(user[0]),
            user.Length < 2 ? "guest" : Uri.UnescapeDataString(user[1]));
    }
}
