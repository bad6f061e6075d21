using MassTransit;
using Microsoft.Extensions.Options;
using ScopeSigning.Data;
using ScopeSigning.Delivery;
using ScopeSigning.Domain;
using ScopeSigning.Signing;
using ServiceDefaults.Messaging;

namespace ScopeSigning.Messages;

/// <summary>
/// Signs confirmed jobs with the built-in issuer. A job that was deleted, has expired or was signed by an authority first is left
/// alone: the state decides, under a lock, in the transaction that also writes the token and its event.
/// </summary>
internal sealed class SignJobConsumer(
    Inbox inbox, JobStore jobs, ScopeTokenIssuer issuer, DeliveryMetrics metrics, IOptions<ScopeSigningOptions> options) : IConsumer<SignJob>
{
    public const string Queue = "scope-signing-job-sign";

    public Task Consume(ConsumeContext<SignJob> context)
        => inbox.HandleOnceAsync(context, Queue, async (connection, transaction, cancellationToken) =>
        {
            var job = await jobs.LockAsync(connection, transaction, context.Message.JobReference, cancellationToken);
            if (job is null || job.State != "confirmed" || job.Signer != ScopeSigner.BuiltIn)
            {
                return;
            }

            var token = await issuer.SignAsync(connection, transaction, job, jobs.ValueOf(job), cancellationToken);
            if (await jobs.CompleteAsync(connection, transaction, job, token, options.Value.Ttl.Ready, cancellationToken))
            {
                metrics.Signed(job.Test);
            }
        });
}

internal sealed class SignJobConsumerDefinition : ConsumerDefinition<SignJobConsumer>
{
    public SignJobConsumerDefinition()
    {
        EndpointName = SignJobConsumer.Queue;
        // Each holds a connection to Postgres; the rest of the pool belongs to the requests.
        ConcurrentMessageLimit = 4;
    }
}
