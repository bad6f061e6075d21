using Npgsql;
using ScopeSigning.Contracts.V1;
using ServiceDefaults.Messaging;

namespace ScopeSigning.Data;

internal sealed class PushStore(NpgsqlDataSource database, DeliveryStore deliveries, Outbox outbox, TimeProvider clock)
{
    /// <summary>Stores a push and its event in one commit.</summary>
    /// <param name="spent">The nonce of the token that asks for it.</param>
    public async Task<SpendResult> AddAsync(NewDelivery push, SpentNonce? spent, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var live = new NpgsqlCommand("SELECT FROM keys WHERE sub = $1 AND state = 'registered' FOR NO KEY UPDATE", connection, transaction);
        live.Parameters.Add(new NpgsqlParameter { Value = push.Subject.Text });
        await using (var reader = await live.ExecuteReaderAsync(cancellationToken))
        {
            if (!await reader.ReadAsync(cancellationToken))
            {
                return SpendResult.Revoked;
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
        spent?.AddTo(batch, clock.GetUtcNow());
        try
        {
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException exception) when (SpentNonce.IsReplay(exception))
        {
            return SpendResult.Replayed;
        }

        await transaction.CommitAsync(cancellationToken);
        return SpendResult.Done;
    }
}
