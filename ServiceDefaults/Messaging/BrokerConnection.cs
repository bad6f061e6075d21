using MassTransit;
using MassTransit.RabbitMqTransport.Configuration;

namespace ServiceDefaults.Messaging;

/// <summary>The one connection that everything of the bus shares.</summary>
/// <remarks>
/// MassTransit takes a connection for good until the client reports its end. A connection that dies in an unlucky moment is never reported: then
/// every attempt fails at once, on a connection that is dead, and starting endpoints anew does not help.
/// </remarks>
internal sealed class BrokerConnection
{
    private IRabbitMqHostConfiguration? _host;

    /// <summary>Called while the bus is configured.</summary>
    public void Belongs(IRabbitMqHostConfiguration host) => _host = host;

    /// <summary>Gives the connection up. Whatever starts after this call begins with another one; the old one ends by itself, or never.</summary>
    public async Task AbandonAsync(CancellationToken cancellationToken)
    {
        if (_host is not null)
        {
            await _host.ConnectionContextSupervisor.Stop("The connection is dead", cancellationToken).WaitAsync(cancellationToken);
        }
    }
}
