using DeviceRegistry.Domain;
using Npgsql;

namespace DeviceRegistry.Data;

/// <summary>
/// Writes down what only time has decided: key requests that nobody answered are expired, devices that stayed pending for seven days are gone
/// (contract §3). Every instance sweeps; the group's lock lets one do each. What a request's state is does not wait for it.
/// </summary>
internal sealed partial class RegistrySweeper(
    NpgsqlDataSource source, GroupTransactions groups, DeviceRegistryOptions options, TimeProvider clock, ILogger<RegistrySweeper> logger) : BackgroundService
{
    /// <summary>How long a device may stay pending without activation, heartbeat or change.</summary>
    public static readonly TimeSpan PendingLifetime = TimeSpan.FromDays(7);

    /// <summary>Requests and devices of one change: the group's own changes wait for it.</summary>
    private const int BatchSize = 100;

    private const string Actor = "device-registry";

    private const string DueGroups = """
        SELECT group_id FROM key_requests WHERE status = 'pending' AND expires_at <= $1
        UNION
        SELECT group_id FROM devices WHERE status = 'pending' AND GREATEST(updated_at, last_seen_at) <= $2
        """;

    /// <summary>Does what is due.</summary>
    /// <returns>How many requests and devices have ended.</returns>
    public async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        var total = 0;
        foreach (var groupId in await FindDueGroupsAsync(cancellationToken))
        {
            try
            {
                int ended;
                do
                {
                    ended = await SweepGroupAsync(groupId, cancellationToken);
                    total += ended;
                }
                while (ended == BatchSize);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested && (exception is PostgresException || !PostgresFailure.Is(exception, cancellationToken)))
            {
                // The server was there and said no, or it is a fault of ours: the others are not to wait for this one.
                LogGroupFailed(exception, groupId);
            }
        }

        return total;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.SweepInterval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                if (await SweepAsync(stoppingToken) is > 0 and var ended)
                {
                    LogSwept(ended);
                }
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // A server is away; what is due stays due.
                LogFailed(exception.Message);
            }
        }
    }

    private async Task<List<long>> FindDueGroupsAsync(CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(DueGroups);
        command.Parameters.Add(Sql.Value(clock.Now));
        command.Parameters.Add(Sql.Value(clock.Now - PendingLifetime));
        var due = new List<long>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            due.Add(reader.GetInt64(0));
        }

        return due;
    }

    private async Task<int> SweepGroupAsync(long groupId, CancellationToken cancellationToken)
    {
        await using var change = await groups.BeginAsync(groupId, Actor, cancellationToken);
        if (change is null)
        {
            return 0;
        }

        var stale = (await DeviceStore.ListAsync(change, DeviceStatus.Pending, cancellationToken))
            .Where(device => Later(device.UpdatedAt, device.LastSeenAt) <= change.Now - PendingLifetime)
            .Take(BatchSize)
            .ToList();
        var expired = (await KeyRequestStore.ListPendingAsync(change, cancellationToken))
            .Where(request => request.StatusAt(change.Now) == KeyRequestStatus.Expired && stale.All(device => device.Id != request.DeviceId))
            .Take(BatchSize - stale.Count)
            .ToList();
        if (stale.Count + expired.Count == 0)
        {
            return 0;
        }

        foreach (var request in expired)
        {
            DeviceChanges.ExpireRequest(change, request);
        }

        foreach (var device in stale)
        {
            await DeviceChanges.RemoveAsync(change, device, hasExpired: true, cancellationToken);
        }

        await change.CommitAsync();
        return stale.Count + expired.Count;
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset? other) => other > one ? other.Value : one;

    [LoggerMessage(1, LogLevel.Information, "{Count} key requests and pending devices have ended")]
    private partial void LogSwept(int count);

    [LoggerMessage(3, LogLevel.Error, "The sweep of group {Group} failed")]
    private partial void LogGroupFailed(Exception exception, long group);

    [LoggerMessage(2, LogLevel.Warning, "The sweep is put off: {Reason}")]
    private partial void LogFailed(string reason);
}
