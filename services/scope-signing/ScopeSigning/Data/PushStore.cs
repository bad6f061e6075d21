using Npgsql;
using ScopeSigning.Contracts.V1;
using ServiceDefaults.Messaging;

namespace ScopeSigning.Data;

internal sealed class PushStore(NpgsqlDataSource database, DeliveryStore deliveries, Outbox outbox, TimeProvider clock)
{
    /// <summary>Stores a push and its event in one commit.</summary>
    /// <returns><see langword="false"/> when the key was revoked meanwhile.</returns>
    public async Task<bool> AddAsync(NewDelivery push, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var live = new NpgsqlCommand("SELECT FROM keys WHERE sub = $1 AND state = 'registered' FOR NO KEY UPDATE", connection, transaction);
        live.Parameters.Add(new NpgsqlParameter { Value = push.Subject.Text });
        await using (var reader = await live.ExecuteReaderAsync(cancellationToken))
        {
            if (!await reader.ReadAsync(cancellationToken))
            {
                return false;
            }
        }

        await using var batch = new NpgsqlBatch(connection, transaction);
        deliveries.Add(batch, push);
        outbox.Add(batch, KeyStore.AggregateOf(push.Subject), new PushLoginRequested
        {
            Sub = push.Subject.Text,
            ExpiresAt = push.ExpiresAt,
            OccurredAt = clock.GetUtcNow(),
        });
        await batch.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }
}
