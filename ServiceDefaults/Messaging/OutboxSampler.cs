using Microsoft.Extensions.Hosting;
using Npgsql;

namespace ServiceDefaults.Messaging;

/// <summary>Measures the backlog every few seconds, whoever looks at the gauges and however often.</summary>
internal sealed class OutboxSampler(OutboxStore store, MessagingMetrics metrics, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        do
        {
            try
            {
                metrics.Backlog = await store.ReadBacklogAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (exception is NpgsqlException or IOException or TimeoutException or OperationCanceledException)
            {
                // Postgres is away: the relay says so; the gauges keep the last value.
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
