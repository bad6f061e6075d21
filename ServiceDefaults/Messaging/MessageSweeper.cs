using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ServiceDefaults.Messaging;

/// <summary>Deletes published events and remembered messages whose time is over: in batches, by one instance at a time.</summary>
internal sealed partial class MessageSweeper(
    IServiceProvider services, IOptions<MessagingOptions> options, TimeProvider clock, ILogger<MessageSweeper> logger) : BackgroundService
{
    private const int BatchSize = 2000;

    /// <summary>Key of the advisory lock: "sweep" in ASCII.</summary>
    private const long LockKey = 0x7377656570;

    private static readonly string[] Deletes =
    [
        "DELETE FROM outbox WHERE id = ANY(ARRAY(SELECT id FROM outbox WHERE published_at < now() - $1 ORDER BY published_at LIMIT $2))",
        "DELETE FROM inbox WHERE ctid = ANY(ARRAY(SELECT ctid FROM inbox WHERE handled_at < now() - $1 ORDER BY handled_at LIMIT $2))",
    ];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // A service without a database has neither table.
        if (services.GetService<NpgsqlDataSource>() is not { } source)
        {
            return;
        }

        using var timer = new PeriodicTimer(options.Value.SweepInterval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await SweepAsync(source, Deletes[0], options.Value.OutboxRetention, stoppingToken);
                await SweepAsync(source, Deletes[1], options.Value.InboxRetention, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (exception is NpgsqlException or IOException or TimeoutException or OperationCanceledException)
            {
                LogPostponed(exception.Message);
            }
        }
    }

    private static async Task SweepAsync(NpgsqlDataSource source, string delete, TimeSpan retention, CancellationToken cancellationToken)
    {
        using var untraced = OpenTelemetry.SuppressInstrumentationScope.Begin();
        int deleted;
        do
        {
            await using var connection = await source.OpenConnectionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await using var tryLock = new NpgsqlCommand($"SELECT pg_try_advisory_xact_lock({LockKey})", connection, transaction);
            if (await tryLock.ExecuteScalarAsync(cancellationToken) is not true)
            {
                return;
            }

            await using var command = new NpgsqlCommand(delete, connection, transaction)
            {
                Parameters = { new() { Value = retention }, new() { Value = BatchSize } },
            };
            deleted = await command.ExecuteNonQueryAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
        while (deleted == BatchSize);
    }

    [LoggerMessage(1, LogLevel.Information, "Outbox and inbox are swept later: {Reason}")]
    private partial void LogPostponed(string reason);
}
