using System.Collections.Concurrent;
using Npgsql;
using NpgsqlTypes;

namespace DeviceRegistry.Data;

/// <summary>
/// Writes to the devices' rows when they were heard of last: apart from the requests, many at a time, and none more often than every 30 s
/// (contract §5.8). What is lost with an instance is a few seconds of a time that Redis knows better anyway.
/// </summary>
internal sealed partial class LastSeenWriter(NpgsqlDataSource source, TimeProvider clock, ILogger<LastSeenWriter> logger) : BackgroundService
{
    private const int BatchSize = 1000;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // Skips rows that a change of their group holds: waiting for several of them in any order is how deadlocks begin.
    private const string Write = """
        WITH due AS (
            SELECT d.device_id, v.seen FROM unnest($1, $2) AS v (id, seen) JOIN devices d ON d.device_id = v.id
            WHERE d.status <> 'revoked' AND (d.last_seen_at IS NULL OR d.last_seen_at <= v.seen - $3)
            FOR NO KEY UPDATE OF d SKIP LOCKED)
        UPDATE devices SET last_seen_at = due.seen FROM due WHERE devices.device_id = due.device_id
        """;

    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _due = new();

    /// <summary>Has a time written soon.</summary>
    public void Add(Guid deviceId, DateTimeOffset seenAt)
        => _due.AddOrUpdate(deviceId, seenAt, (_, known) => known > seenAt ? known : seenAt);

    /// <summary>Writes what is due.</summary>
    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        foreach (var batch in _due.ToArray().Chunk(BatchSize))
        {
            using var untraced = OpenTelemetry.SuppressInstrumentationScope.Begin();
            await using var command = source.CreateCommand(Write);
            command.Parameters.Add(Sql.Values(batch.Select(one => one.Key)));
            command.Parameters.Add(new NpgsqlParameter { Value = batch.Select(one => one.Value).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });
            command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = PresenceStore.WriteInterval });
            await command.ExecuteNonQueryAsync(cancellationToken);
            foreach (var one in batch)
            {
                // Unless it was heard of again meanwhile.
                _due.TryRemove(one);
            }
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await TryWriteAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await TryWriteAsync(stoppingToken);
        }
    }

    private async Task TryWriteAsync(CancellationToken cancellationToken)
    {
        try
        {
            await WriteAsync(cancellationToken);
        }
        catch (Exception exception) when (PostgresFailure.Is(exception, cancellationToken))
        {
            LogLater(exception.Message);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "When devices were last seen is written later: {Reason}")]
    private partial void LogLater(string reason);
}
