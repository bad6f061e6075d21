using MassTransit;
using MassTransit.Transports;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;

namespace ServiceDefaults.Messaging;

/// <summary>
/// Asks the broker for a sign of life, on a connection of its own, and starts endpoints anew that do not come back by themselves.
/// </summary>
/// <remarks>
/// MassTransit learns that a broker stands still from its heartbeat, two of which have to be missed. Its endpoints come back by themselves
/// (<see cref="Reconnection"/>), unless an attempt was cancelled by a limit within the client: that one ends the loop of attempts. So an
/// endpoint that does not work although the broker has answered for a while is started anew. Not the bus: its StopAsync leaves an endpoint
/// that waits for its next attempt in the state "faulted", which its StartAsync takes for started (ReceiveEndpointCollection, 8.4), and what
/// is published meanwhile keeps a transport that stays dead.
/// </remarks>
internal sealed partial class BrokerWatch(IBusControl bus, BrokerConnection shared, BrokerAddress address, TimeProvider clock, ILogger<BrokerWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>For one answer, or one connection.</summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(1.5);

    /// <summary>
    /// How long the endpoints may take by themselves once the broker answers; twice that after each start. A busy machine must not be kept
    /// busy by starts.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan LongestPatience = TimeSpan.FromSeconds(40);

    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(3);

    private IConnection? _connection;
    private IChannel? _channel;
    private Task? _question;
    private long? _brokenSince;
    private TimeSpan _patience = Patience;

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
                await TryMendAsync(stoppingToken);
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

    private async Task TryMendAsync(CancellationToken stoppingToken)
    {
        try
        {
            await MendAsync(stoppingToken);
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            // Of MassTransit's: an endpoint may have begun to stop or to come back by itself in between.
            LogMendFailed(exception);
        }
    }

    private async Task MendAsync(CancellationToken stoppingToken)
    {
        var health = bus.CheckHealth();
        if (health.Status == BusHealthStatus.Healthy || !IsAnswering)
        {
            (_brokenSince, _patience) = (null, Patience);
            return;
        }

        _brokenSince ??= clock.GetTimestamp();
        if (clock.GetElapsedTime(_brokenSince.Value) < _patience)
        {
            return;
        }

        var broken = health.Endpoints.Values.Where(endpoint => endpoint.Status != BusHealthStatus.Healthy).Select(endpoint => endpoint.ReceiveEndpoint).ToList();
        LogRestart(broken.Count);
        var stopped = await Task.WhenAll(broken.OfType<ReceiveEndpoint>().Select(endpoint => StopAsync(endpoint, stoppingToken)));
        if (broken.Count == health.Endpoints.Count)
        {
            await AbandonConnectionAsync(stoppingToken);
        }

        foreach (var endpoint in stopped.OfType<ReceiveEndpoint>())
        {
            endpoint.Start(CancellationToken.None);
        }

        _patience = _patience * 2 < LongestPatience ? _patience * 2 : LongestPatience;
        _brokenSince = clock.GetTimestamp();
    }

    private async Task AbandonConnectionAsync(CancellationToken stoppingToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        limit.CancelAfter(AnswerLimit);
        try
        {
            await shared.AbandonAsync(limit.Token);
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            // It is given up all the same.
            LogSilent(exception.GetType().Name);
        }
    }

    /// <returns>The endpoint, when it is stopped.</returns>
    private async Task<ReceiveEndpoint?> StopAsync(ReceiveEndpoint endpoint, CancellationToken stoppingToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        limit.CancelAfter(StopLimit);
        try
        {
            await endpoint.Stop(limit.Token).WaitAsync(limit.Token);
            return endpoint;
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            LogRestartFailed(endpoint.InputAddress.AbsolutePath, exception.GetType().Name);
            return null;
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

    [LoggerMessage(2, LogLevel.Information, "RabbitMQ is back; {Count} endpoints do not work yet and are started anew")]
    private partial void LogRestart(int count);

    [LoggerMessage(3, LogLevel.Warning, "The endpoint {Endpoint} was not started anew ({Reason}); trying again")]
    private partial void LogRestartFailed(string endpoint, string reason);

    [LoggerMessage(4, LogLevel.Warning, "The endpoints could not be looked after; trying again")]
    private partial void LogMendFailed(Exception exception);
}
