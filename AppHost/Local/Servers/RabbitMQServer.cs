using System.Globalization;
using Aspire.Hosting.Local.Processes;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Aspire.Hosting.Local.Servers;

/// <summary>
/// RabbitMQ as a node of its own: name, cookie, data, port of the Erlang distribution and epmd are this stack's alone, and all of it
/// listens on loopback only. epmd is started and ended here: one that the node starts would outlive it.
/// </summary>
internal sealed class RabbitMQServer(
    string name, int port, int? managementPort, string userName, string password, StateFolder state, ProcessLedger ledger, Action<string, bool> onLine)
    : BackingServer(name, port, state, ledger, onLine)
{
    // The data belongs to the node's name: neither the resource's port nor the machine's name may be in it.
    private readonly string _node = $"{name}@localhost";
    private EpmdDaemon? _epmd;

    protected override string Product => "RabbitMQ";

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (_epmd is not null)
        {
            await _epmd.StopAsync();
        }
    }

    protected override async Task<ChildProcessOptions> PrepareAsync(CancellationToken cancellationToken)
    {
        var rabbit = ServerPrograms.RabbitMQ() ?? throw new DistributedApplicationException($"{Name}: RabbitMQ is not installed.");
        Version = rabbit.Version.ToString();
        _epmd ??= new EpmdDaemon(Name, Ledger, OnLine);
        await _epmd.StartAsync(State.For(Name), cancellationToken);
        var files = new RabbitMQFiles(State.For(Name));
        files.Write(Port, managementPort, userName, password);
        return new ChildProcessOptions
        {
            Name = Name,
            FileName = rabbit.Path("rabbitmq-server"),
            WorkingDirectory = files.Folder,
            Environment = files.Environment(_node, _epmd.Port, distributionPort: Ports.Free(), ErlangCodePath.Arguments(rabbit)),
        };
    }

    protected override async Task ConnectAsync(CancellationToken cancellationToken)
    {
        var factory = new ConnectionFactory
        {
            HostName = Loopback.Addresses[0].ToString(),
            Port = Port,
            UserName = userName,
            Password = password,
            AutomaticRecoveryEnabled = false,
            ClientProvidedName = "AppHost health check",
        };
        try
        {
            await using var connection = await factory.CreateConnectionAsync(cancellationToken);
            await connection.CloseAsync(cancellationToken);
        }
        catch (BrokerUnreachableException e) when (e.InnerException is AuthenticationFailureException refused)
        {
            // While it starts, the definitions may not be loaded yet.
            throw new IOException(string.Create(CultureInfo.InvariantCulture, $"RabbitMQ refused user \"{userName}\": {refused.Message}"), e);
        }
    }
}
