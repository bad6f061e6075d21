using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ServiceDefaults.Data;

/// <summary>
/// Migrates at the host's "starting", which comes before the start of every hosted service whatever the order of registration:
/// no consumer, relay or request meets an old schema. Waits for Postgres as long as it takes.
/// </summary>
internal sealed partial class MigrationService(
    Func<NpgsqlDataSource> source, IReadOnlyList<MigrationSet> sets, TimeProvider clock, ILogger<MigrationService> logger) : IHostedLifecycleService
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var runner = new MigrationRunner(source(), logger);
        for (var delay = FirstDelay; ; delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay)
        {
            try
            {
                await runner.RunAsync(sets, cancellationToken);
                return;
            }
            catch (NpgsqlException exception) when (IsComing(exception))
            {
                // The message of a failed connection names host and port, never the password.
                LogWaiting(exception.Message, delay.TotalSeconds);
                await Task.Delay(delay, clock, cancellationToken);
            }
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // A wrong password does not come right by waiting; a server that starts, or whose database is being made, does.
    private static bool IsComing(NpgsqlException exception) => exception switch
    {
        PostgresException postgres => postgres.IsTransient || postgres.SqlState == PostgresErrorCodes.InvalidCatalogName,
        _ => exception.IsTransient || exception.InnerException is SocketException or IOException or TimeoutException,
    };

    [LoggerMessage(1, LogLevel.Warning, "Waiting for Postgres: {Reason} (next attempt in {Seconds} s)")]
    private partial void LogWaiting(string reason, double seconds);
}
