using System.Globalization;
using MassTransit;
using Microsoft.Extensions.Options;
using Npgsql;
using ScopeSigning.Data;
using ScopeSigning.Delivery;
using ServiceDefaults.Messaging;

namespace ScopeSigning.Messages;

/// <summary>
/// Hands one message over and forgets it, in one transaction: a message redelivered after the commit finds nothing to send. A
/// crash between the provider's answer and the commit sends it again under the same id, which no sender can avoid
/// (at-least-once), and which the id lets the provider see.
/// </summary>
/// <remarks>
/// A message that the provider did not take waits in the table for its next try, so that it holds neither a place in the queue nor a
/// connection meanwhile (contract §9: five tries with growing pauses, never after the end, then the <c>_error</c> queue).
/// </remarks>
internal sealed class DeliveryHandler(
    Inbox inbox,
    DeliveryStore deliveries,
    DeliveryRetries retries,
    DeliveryMetrics metrics,
    IOptions<ScopeSigningOptions> options,
    TimeProvider clock)
{
    /// <summary>
    /// Messages of one queue at the same time. Each holds a connection to Postgres while the provider works: a provider that stalls must
    /// not take the connections away from the requests.
    /// </summary>
    public const int AtATime = 2;

    private readonly TimeSpan[] pauses =
    [
        .. options.Value.Delivery.RetryPauses
            .Split(',', StringSplitOptions.RemoveEmptyEntries)
            .Select(static pause => TimeSpan.FromSeconds(double.Parse(pause, CultureInfo.InvariantCulture))),
    ];

    public Task HandleAsync(ConsumeContext context, string queue, Guid id, Func<PendingDelivery, CancellationToken, Task> sendAsync)
        => HandleAsync(context, queue, id, (delivery, _, _, cancellationToken) => sendAsync(delivery, cancellationToken));

    public async Task HandleAsync(
        ConsumeContext context,
        string queue,
        Guid id,
        Func<PendingDelivery, NpgsqlConnection, NpgsqlTransaction, CancellationToken, Task> sendAsync)
    {
        var postponed = false;
        await inbox.HandleOnceAsync(context, queue, async (connection, transaction, cancellationToken) =>
        {
            var delivery = await deliveries.FindAsync(connection, transaction, id, cancellationToken);
            if (delivery is null)
            {
                metrics.Delivered(queue, "unwanted");
                return;
            }

            if (delivery.ExpiresAt <= clock.GetUtcNow())
            {
                // Never late: the code in it is worthless, and a push would wake somebody for nothing.
                metrics.Delivered(queue, "expired");
            }
            else
            {
                try
                {
                    await sendAsync(delivery, connection, transaction, cancellationToken);
                    metrics.Delivered(queue, "sent");
                }
                catch (DeliveryException exception)
                {
                    metrics.Delivered(queue, "failed");
                    if (exception.IsFinal || delivery.Tries >= pauses.Length)
                    {
                        throw new GivenUpException($"Given up after {delivery.Tries + 1} of {pauses.Length + 1} tries: {exception.Message}", exception);
                    }

                    await DeliveryStore.PostponeAsync(
                        connection, transaction, id, queue, clock.GetUtcNow() + pauses[delivery.Tries], cancellationToken);
                    postponed = true;
                    return;
                }
            }

            await DeliveryStore.RemoveAsync(connection, transaction, id, cancellationToken);
        });
        if (postponed)
        {
            retries.LookAgain();
        }
    }
}
