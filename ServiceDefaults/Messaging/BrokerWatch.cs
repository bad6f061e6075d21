using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;

namespace ServiceDefaults.Messaging;

/// <summary>
/// Asks the broker for a sign of life, on a connection of its own: MassTransit learns that a broker stands still from its heartbeat
/// only, two of which have to be missed.
/// </summary>
internal sealed partial class BrokerWatch(BrokerAddress address, TimeProvider clock, ILogger<BrokerWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>For one answer, or one connection.</summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(1.5);

    private IConnection? _connection;
    private IChannel? _channel;
    private Task? _question;

    /// <summary>Whether the broker answered the last time that it was asked.</summary>
    public bool IsAnswering { get; private set; } = true;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                IsAnswering = await AskAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end.
        }
        finally
        {
            await CloseAsync();
        }
    }

    private async Task<bool> AskAsync(CancellationToken stoppingToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        limit.CancelAfter(AnswerLimit);
        try
        {
            if (_channel is not { IsOpen: true })
            {
                await CloseAsync();
                _connection = await Factory().CreateConnectionAsync(limit.Token);
                _channel = await _connection.CreateChannelAsync(cancellationToken: limit.Token);
            }

            // The cheapest request that has an answer. One that is still open is the question: the answer comes when the broker goes on.
            _question ??= _channel.BasicQosAsync(0, 1, global: false, CancellationToken.None);
            await _question.WaitAsync(AnswerLimit, clock, stoppingToken);
            _question = null;
            return true;
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            LogSilent(exception.GetType().Name);
            if (_question is not { IsCompleted: false })
            {
                await CloseAsync();
            }

            return false;
        }
    }

    private ConnectionFactory Factory()
    {
        var factory = new ConnectionFactory
        {
            HostName = address.Host,
            Port = address.Port,
            VirtualHost = address.VirtualHost,
            UserName = address.User,
            Password = address.Password,
            AutomaticRecoveryEnabled = false,
            RequestedConnectionTimeout = AnswerLimit,
            ClientProvidedName = "watch",
        };
        if (address.Tls)
        {
            factory.Ssl = new SslOption(address.Host, enabled: true);
        }

        return factory;
    }

    private async Task CloseAsync()
    {
        var (connection, channel) = (_connection, _channel);
        (_connection, _channel, _question) = (null, null, null);
        try
        {
            if (connection is not null)
            {
                await connection.AbortAsync(200, "over", AnswerLimit);
                await connection.DisposeAsync();
            }

            if (channel is not null)
            {
                await channel.DisposeAsync();
            }
        }
        catch (Exception exception)
        {
            LogSilent(exception.GetType().Name);
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "RabbitMQ does not answer: {Reason}")]
    private partial void LogSilent(string reason);
}
