using MassTransit;
using Microsoft.Extensions.Logging;
using ServiceDefaults.Http;

namespace ServiceDefaults.Messaging;

/// <summary>Carries the correlation id from the message into log lines and into the events that its consumer writes.</summary>
internal sealed class CorrelationFilter(ILogger logger) : IFilter<ConsumeContext>
{
    public async Task Send(ConsumeContext context, IPipe<ConsumeContext> next)
    {
        var given = context.Headers.Get<string>(CorrelationId.HeaderName);
        using (CorrelationId.Begin(logger, CorrelationId.IsValid(given) ? given! : CorrelationId.New()))
        {
            try
            {
                await next.Send(context);
            }
            catch (OperationCanceledException exception) when (!context.CancellationToken.IsCancellationRequested)
            {
                // MassTransit takes every cancellation for its own stop and puts the message back, for ever. A limit of the consumer's
                // own that ran out is a failure like any other.
                throw new TimeoutException("The consumer ran out of time.", exception);
            }
        }
    }

    public void Probe(ProbeContext context) => context.CreateFilterScope("correlation");
}
