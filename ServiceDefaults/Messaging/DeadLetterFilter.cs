using MassTransit;
using Microsoft.Extensions.Logging;

namespace ServiceDefaults.Messaging;

/// <summary>Counts and logs a message that is given up: after every retry (<c>_error</c>), or because nobody reads its type (<c>_skipped</c>).</summary>
internal sealed partial class DeadLetterFilter(string queue, MessagingMetrics metrics, ILogger logger)
    : IFilter<ExceptionReceiveContext>, IFilter<ReceiveContext>
{
    public Task Send(ExceptionReceiveContext context, IPipe<ExceptionReceiveContext> next)
    {
        metrics.DeadLetter(queue);
        LogGivenUp(queue, context.GetMessageId()?.ToString() ?? "(none)", context.Exception);
        return next.Send(context);
    }

    public Task Send(ReceiveContext context, IPipe<ReceiveContext> next)
    {
        metrics.DeadLetter(queue);
        LogUnknown(queue, context.GetMessageId()?.ToString() ?? "(none)");
        return next.Send(context);
    }

    public void Probe(ProbeContext context) => context.CreateFilterScope("dead-letter-count");

    [LoggerMessage(1, LogLevel.Error, "{Queue} gave up message {MessageId}")]
    private partial void LogGivenUp(string queue, string messageId, Exception exception);

    [LoggerMessage(2, LogLevel.Error, "{Queue} got message {MessageId} of a type that nobody reads")]
    private partial void LogUnknown(string queue, string messageId);
}
