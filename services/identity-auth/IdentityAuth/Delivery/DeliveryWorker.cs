using IdentityAuth.Data;
using Npgsql;

namespace IdentityAuth.Delivery;

/// <summary>
/// Sends what is due, on every instance. A row is taken for a minute by moving its time, which only one can do; who dies on the way
/// leaves it to the others. So a message goes out at least once, and with the same id if twice.
/// </summary>
internal sealed partial class DeliveryWorker(
    NpgsqlDataSource source, Deliveries deliveries, IEnumerable<IDeliverySender> senders, TimeProvider clock, IdentityAuthMetrics metrics, ILogger<DeliveryWorker> logger)
    : BackgroundService
{
    private const int AtATime = 8;

    private const string Take = """
        UPDATE deliveries SET attempts = attempts + 1, due_at = $2
        WHERE id IN (SELECT id FROM deliveries WHERE due_at <= $1 AND channel = ANY($4) ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
        RETURNING id, channel, content, expires_at, attempts
        """;

    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, IDeliverySender> _senders = senders.ToDictionary(sender => sender.Channel, StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                while (await SendDueAsync(stoppingToken) == AtATime)
                {
                    // There may be more.
                }
            }
            catch (NpgsqlException exception)
            {
                LogStoreAway(exception);
            }

            await deliveries.WaitAsync(Poll, stoppingToken);
        }
    }

    private async Task<int> SendDueAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var due = new List<Row>();
        await using (var command = source.Command(Take, now, now + Lease, AtATime, Sql.Texts(_senders.Keys)))
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                due.Add(new Row(reader.GetGuid(0), reader.GetString(1), reader.GetFieldValue<byte[]>(2), reader.Time(3), reader.GetInt32(4)));
            }
        }

        await Task.WhenAll(due.Select(row => SendAsync(row, cancellationToken)));
        return due.Count;
    }

    private async Task SendAsync(Row row, CancellationToken cancellationToken)
    {
        if (row.ExpiresAt <= clock.GetUtcNow())
        {
            // Never late: what is in it is worth nothing any more.
            LogExpired(row.Channel, row.Attempts);
            metrics.Delivered(row.Channel, "expired");
        }
        else
        {
            try
            {
                await _senders[row.Channel].SendAsync(row.Id, deliveries.Open(row.Id, row.Content), cancellationToken);
                metrics.Delivered(row.Channel, "sent");
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                // One message that cannot be sent, whatever the reason, must not stop the others. Only our own text is known to name nobody.
                LogFailed(row.Channel, row.Attempts, exception is DeliveryException ? exception.Message : exception.GetType().Name);
                metrics.Delivered(row.Channel, "failed");
                await source.ExecuteAsync("UPDATE deliveries SET due_at = $2 WHERE id = $1", [row.Id, clock.GetUtcNow() + PauseAfter(row.Attempts)], CancellationToken.None);
                return;
            }
        }

        await source.ExecuteAsync("DELETE FROM deliveries WHERE id = $1", [row.Id], CancellationToken.None);
    }

    /// <summary>1, 2, 4 … 60 s.</summary>
    private static TimeSpan PauseAfter(int attempts)
        => TimeSpan.FromSeconds(Math.Min(LongestPause.TotalSeconds, Math.Pow(2, Math.Min(attempts, 10) - 1)));

    [LoggerMessage(LogLevel.Warning, "Messages cannot be read: Postgres is away")]
    private partial void LogStoreAway(Exception exception);

    [LoggerMessage(LogLevel.Warning, "A message by {Channel} was not taken at try {Attempt}: {Reason}")]
    private partial void LogFailed(string channel, int attempt, string reason);

    [LoggerMessage(LogLevel.Error, "A message by {Channel} has expired after {Attempts} tries")]
    private partial void LogExpired(string channel, int attempts);

    private sealed record Row(Guid Id, string Channel, byte[] Content, DateTimeOffset ExpiresAt, int Attempts);
}
