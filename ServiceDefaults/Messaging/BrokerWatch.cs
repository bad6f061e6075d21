using MassTransit;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;

namespace ServiceDefaults.Messaging;

/// <summary>
/// Asks the broker for a sign of life, on a connection of its own, and gets the bus going again soon after the broker is back.
/// </summary>
/// <remarks>
/// MassTransit learns that a broker stands still from its heartbeat, two of which have to be missed; and it waits 3 to 30 s between two
/// attempts to consume again, longer after each outage of the process's life, and for ever when the broker, still starting, refuses the
/// user. None of that can be configured; so where the broker answers and the bus does not work, the bus is started anew.
/// </remarks>
internal sealed partial class BrokerWatch(IBusControl bus, BrokerAddress address, TimeProvider clock, ILogger<BrokerWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>For one answer, or one connection.</summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(1.5);

    /// <summary>How long the bus may take by itself once the broker answers.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How much longer than that is waited for MassTransit: a start whose time is over stops what it has begun, and then waits without end for
    /// queues that will never be ready (MassTransitBus.StartAsync, 8.4). It is left behind, and the next start begins from nothing.
    /// </summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);

    private IConnection? _connection;
    private IChannel? _channel;
    private Task? _question;
    private bool _busHasWorked;
    private bool _busIsStopped;
    private long? _brokenSince;

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
                await MendAsync(stoppingToken);
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

    private async Task MendAsync(CancellationToken stoppingToken)
    {
        if (bus.CheckHealth().Status == BusHealthStatus.Healthy)
        {
            (_busHasWorked, _brokenSince) = (true, null);
            return;
        }

        // The first start is MassTransit's own; it cannot be broken off.
        if (!IsAnswering || !_busHasWorked)
        {
            _brokenSince = null;
            return;
        }

        _brokenSince ??= clock.GetTimestamp();
        if (clock.GetElapsedTime(_brokenSince.Value) < Grace)
        {
            return;
        }

        try
        {
            LogRestart();
            if (!_busIsStopped)
            {
                using var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
                stop.CancelAfter(StopLimit);
                await bus.StopAsync(stop.Token).WaitAsync(StopLimit + Margin, clock, stoppingToken);
                _busIsStopped = true;
            }

            using var start = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            start.CancelAfter(StartLimit);
            await bus.StartAsync(start.Token).WaitAsync(StartLimit + Margin, clock, stoppingToken);
            (_busIsStopped, _brokenSince) = (false, null);
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            LogRestartFailed(exception.GetType().Name);
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

    [LoggerMessage(2, LogLevel.Information, "RabbitMQ is back; the bus is started anew")]
    private partial void LogRestart();

    [LoggerMessage(3, LogLevel.Warning, "The bus did not start anew ({Reason}); trying again")]
    private partial void LogRestartFailed(string reason);
}
