using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using Npgsql;
using NpgsqlTypes;

namespace DeviceRegistry.Streams;

/// <summary>
/// Looks into the database every other second whether the streams of this instance may go on, so that one ends within 5 s (contract §6)
/// whatever has become of the message that should have ended it; and which sessions have ended.
/// </summary>
internal sealed partial class StreamGuard(
    StreamHub hub, NpgsqlDataSource source, RevokedSessionStore sessions, RevokedSessions revoked, TimeProvider clock, ILogger<StreamGuard> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan SweepInterval = TimeSpan.FromMinutes(1);

    // The number of each stream that has to end, and what has become of its device, if it is that. Where no row says who is a member his token does, by
    // the name that the group has now: a new one is returned, to be looked for in the token.
    private const string Lost = """
        SELECT s.number, CASE WHEN s.device_id IS NULL THEN NULL WHEN d.device_id IS NULL THEN 'removed' WHEN d.status = 'revoked' THEN 'revoked' END,
               CASE WHEN s.needs_membership AND m.state IS NULL AND g.name <> s.group_name THEN g.name END
        FROM unnest($1, $2, $3, $4, $5, $6) AS s (number, group_id, identity, device_id, needs_membership, group_name)
        JOIN groups g ON g.id = s.group_id
        LEFT JOIN group_members m ON m.group_id = s.group_id AND m.identity = s.identity
        LEFT JOIN devices d ON d.device_id = s.device_id AND d.group_id = s.group_id
        WHERE (s.needs_membership AND (m.state = 'removed' OR (m.state IS NULL AND g.name <> s.group_name)))
            OR (s.device_id IS NOT NULL AND (d.device_id IS NULL OR d.status = 'revoked'))
        """;

    /// <summary>Learns which sessions have ended before the first token is looked at.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await TryAsync(LookAtSessionsAsync, cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <summary>Ends the streams of these sessions and refuses their tokens, for as long as there may be any.</summary>
    public void Revoke(IEnumerable<string> sessionIds, DateTimeOffset forgetAfter)
    {
        var ended = sessionIds.ToHashSet(StringComparer.Ordinal);
        foreach (var session in ended)
        {
            revoked.Revoke(session, forgetAfter);
        }

        hub.EndSessions(ended);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        var lastSweep = clock.GetUtcNow();
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await TryAsync(LookAtSessionsAsync, stoppingToken);
            await TryAsync(LookAtStreamsAsync, stoppingToken);
            if (clock.GetUtcNow() - lastSweep >= SweepInterval)
            {
                lastSweep = clock.GetUtcNow();
                await TryAsync(sessions.SweepAsync, stoppingToken);
            }
        }
    }

    private async Task LookAtSessionsAsync(CancellationToken cancellationToken)
    {
        foreach (var (sessionId, forgetAfter) in await sessions.ReadAsync(cancellationToken))
        {
            if (!revoked.Contains(sessionId))
            {
                Revoke([sessionId], forgetAfter);
            }
        }
    }

    private async Task LookAtStreamsAsync(CancellationToken cancellationToken)
    {
        var streams = hub.Streams().Where(stream => stream.EndReason is null).ToArray();
        if (streams.Length == 0)
        {
            return;
        }

        using var untraced = OpenTelemetry.SuppressInstrumentationScope.Begin();
        await using var command = source.CreateCommand(Lost);
        command.Parameters.Add(new NpgsqlParameter { Value = Enumerable.Range(0, streams.Length).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
        command.Parameters.Add(Sql.Values(streams.Select(stream => stream.Owner.GroupId)));
        command.Parameters.Add(Sql.Values(streams.Select(stream => stream.Owner.Identity)));
        command.Parameters.Add(new NpgsqlParameter { Value = streams.Select(stream => stream.Owner.DeviceId).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });
        command.Parameters.Add(new NpgsqlParameter { Value = streams.Select(stream => stream.Owner.NeedsMembership).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Boolean });
        command.Parameters.Add(Sql.Values(streams.Select(stream => stream.Owner.GroupName)));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var stream = streams[reader.GetInt32(0)];
            var reason = reader.TextOrNull(1) switch
            {
                "revoked" => StreamEnd.DeviceRevoked,
                "removed" => StreamEnd.DeviceRemoved,
                _ => reader.TextOrNull(2) is { } newName && stream.Owner.Claims(newName) ? null : StreamEnd.MembershipRemoved,
            };
            if (reason is not null)
            {
                stream.End(reason, clock.GetUtcNow());
            }
        }
    }

    private async Task TryAsync(Func<CancellationToken, Task> step, CancellationToken cancellationToken)
    {
        try
        {
            await step(cancellationToken);
        }
        catch (Exception exception) when (PostgresFailure.Is(exception, cancellationToken))
        {
            LogLater(exception.Message);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Open streams are checked later: {Reason}")]
    private partial void LogLater(string reason);
}
