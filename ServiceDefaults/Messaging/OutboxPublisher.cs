using System.Text.Json;
using MassTransit;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RabbitMQ.Client.Exceptions;
using ServiceDefaults.Http;

namespace ServiceDefaults.Messaging;

internal enum PublishOutcome
{
    /// <summary>The broker has it, on disk where the queue is durable.</summary>
    Confirmed,

    /// <summary>This message did not get through; others may.</summary>
    Refused,

    /// <summary>No word within the time limit: either the broker is silent, or it closes the channel over this message each time.</summary>
    NoAnswer,

    /// <summary>No broker: nothing gets through. Whether this one did is not known, so it goes out again.</summary>
    BrokerAway,
}

/// <summary>Publishes one row and waits for the broker's word.</summary>
internal sealed partial class OutboxPublisher(
    IBusControl bus, BrokerWatch watch, EventTypes types, MessagingMetrics metrics, IOptions<MessagingOptions> options, TimeProvider clock, ILogger<OutboxPublisher> logger)
{
    // Where MassTransit looks for the parent of its spans, on both sides.
    private const string MassTransitTraceHeader = "MT-Activity-Id";

    /// <summary>
    /// How long a row may take that failed before: it is tried alone, and the others wait meanwhile. Time for two attempts: MassTransit
    /// pauses for a second when it comes upon a channel that was closed.
    /// </summary>
    private static readonly TimeSpan RepeatTimeout = TimeSpan.FromSeconds(1.5);

    private readonly HashSet<string> _unreadable = new(StringComparer.Ordinal);

    /// <summary>Whether the broker answers, on a connection that no message of ours can close. What is away is found out within seconds.</summary>
    public bool IsBrokerThere => watch.IsAnswering;

    public async Task<(PublishOutcome Outcome, string Reason)> PublishAsync(OutboxRow row, CancellationToken roundEnds)
    {
        if (Read(row) is not var (type, message))
        {
            return (PublishOutcome.Refused, "this build cannot read the type");
        }

        var timeout = row.Attempts > 0 && RepeatTimeout < options.Value.PublishTimeout ? RepeatTimeout : options.Value.PublishTimeout;
        using var limit = new CancellationTokenSource(timeout, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, roundEnds);
        try
        {
            // MassTransit does not always listen to the token: a publish that meets a connection in the moment of its end can wait without end.
            await bus.Publish(message, type.Type, Pipe.Execute<PublishContext>(context => Address(context, row, type)), both.Token).WaitAsync(both.Token);
            metrics.Published(type.Name, row.Age);
            return (PublishOutcome.Confirmed, "");
        }
        catch (MessageReturnedException)
        {
            metrics.Returned(type.Name);
            return (PublishOutcome.Refused, "no queue is bound");
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            metrics.PublishFailed(type.Name);
            return (PublishOutcome.NoAnswer, $"no answer within {timeout.TotalSeconds} s");
        }
        catch (Exception exception) when (IsBrokerAway(exception))
        {
            metrics.PublishFailed(type.Name);
            return (PublishOutcome.BrokerAway, exception.Message);
        }
        catch (Exception exception)
        {
            metrics.PublishFailed(type.Name);
            LogRefused(row.MessageId, type.Name, exception);
            return (PublishOutcome.Refused, exception.GetType().Name);
        }
    }

    private static void Address(PublishContext context, OutboxRow row, EventType type)
    {
        context.MessageId = row.MessageId;
        context.Mandatory = type.HasConsumer;
        if (row.CorrelationId is not null)
        {
            context.Headers.Set(CorrelationId.HeaderName, row.CorrelationId);
        }

        if (row.TraceParent is not null)
        {
            context.Headers.Set("traceparent", row.TraceParent);
            context.Headers.Set(MassTransitTraceHeader, row.TraceParent);
        }
    }

    private (EventType Type, object Message)? Read(OutboxRow row)
    {
        try
        {
            if (types.Find(row.Type) is { } type && JsonSerializer.Deserialize(row.Body, type.Type, MessageJson.Options) is { } message)
            {
                return (type, message);
            }

            Unreadable(row, null);
        }
        catch (Exception exception)
        {
            // Also what the event's own constructor objects to: only its aggregate waits.
            Unreadable(row, exception);
        }

        return null;
    }

    private void Unreadable(OutboxRow row, Exception? exception)
    {
        metrics.Unreadable(row.Type);

        // Once per type: it stays until a build that knows the type comes, and every attempt would say the same.
        lock (_unreadable)
        {
            if (!_unreadable.Add(row.Type))
            {
                return;
            }
        }

        LogUnreadable(row.Id, row.MessageId, row.Type, exception);
    }

    private static bool IsBrokerAway(Exception exception) => exception switch
    {
        // 403, 404, 406 …: the broker is there and objects to this message's exchange. It closes the channel and keeps the connection.
        OperationInterruptedException interrupted when interrupted.ShutdownReason is { ReplyCode: >= 400 and < 500 } and not { ReplyCode: 491 } => false,
        RabbitMQ.Client.Exceptions.PublishException => false,
        OperationCanceledException or ConnectionException or TransportUnavailableException or RabbitMQClientException or IOException or TimeoutException or ObjectDisposedException => true,
        _ => exception.InnerException is { } inner && IsBrokerAway(inner),
    };

    [LoggerMessage(1, LogLevel.Error, "Outbox row {Id} (message {MessageId}) stays: this build cannot read {Type}. Deploy a build that registers it, or delete the row")]
    private partial void LogUnreadable(long id, Guid messageId, string type, Exception? exception);

    [LoggerMessage(2, LogLevel.Error, "The broker refused message {MessageId} ({Type}); it is tried again")]
    private partial void LogRefused(Guid messageId, string type, Exception exception);
}
