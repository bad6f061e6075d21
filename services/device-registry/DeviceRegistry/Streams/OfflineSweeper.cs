using DeviceRegistry.Data;
using Npgsql;
using ServiceDefaults.Data;

namespace DeviceRegistry.Streams;

/// <summary>
/// Tells groups that devices are not online any more: nothing else happens when a device falls silent. Every instance looks; each device is
/// told once.
/// </summary>
internal sealed partial class OfflineSweeper(PresenceStore presence, NpgsqlDataSource source, TimeProvider clock, ILogger<OfflineSweeper> logger)
    : BackgroundService
{
    private const int BatchSize = 500;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private const string PushTokens = """
        SELECT device_id, push_token_mac IS NOT NULL OR push_reference IS NOT NULL FROM devices WHERE device_id = ANY($1) AND status <> 'revoked'
        """;

    /// <summary>Tells what is to be told now.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<LateDevice> late;
        do
        {
            late = await presence.ReadLateAsync(BatchSize);
            if (late.Count == 0)
            {
                return;
            }

            var known = await ReadPushTokensAsync(late, cancellationToken);
            foreach (var device in late)
            {
                if (known.TryGetValue(device.DeviceId, out var hasPushToken))
                {
                    await presence.GoOfflineAsync(device, hasPushToken);
                }
                else
                {
                    // Gone, and whoever removed it could not say so.
                    await presence.ForgetAsync(device.GroupId, device.DeviceId);
                }
            }
        }
        while (late.Count == BatchSize);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (Exception exception) when (RedisFailure.Is(exception) || PostgresFailure.Is(exception, stoppingToken))
            {
                LogLater(exception.Message);
            }
        }
    }

    private async Task<Dictionary<Guid, bool>> ReadPushTokensAsync(IReadOnlyList<LateDevice> late, CancellationToken cancellationToken)
    {
        using var untraced = OpenTelemetry.SuppressInstrumentationScope.Begin();
        await using var command = source.CreateCommand(PushTokens);
        command.Parameters.Add(Sql.Values(late.Select(device => device.DeviceId)));
        var known = new Dictionary<Guid, bool>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            known[reader.GetGuid(0)] = reader.GetBoolean(1);
        }

        return known;
    }

    [LoggerMessage(1, LogLevel.Information, "Who has gone offline is told later: {Reason}")]
    private partial void LogLater(string reason);
}
