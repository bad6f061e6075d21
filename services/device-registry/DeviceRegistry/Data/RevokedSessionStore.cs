using Npgsql;

namespace DeviceRegistry.Data;

/// <summary>Sessions that ended while their tokens are good, for instances that start later or missed the news (resolution 6).</summary>
internal sealed class RevokedSessionStore(NpgsqlDataSource source, TimeProvider clock)
{
    private const string Insert = """
        INSERT INTO revoked_sessions (session_id, forget_after) SELECT session, $2 FROM unnest($1) AS session
        ON CONFLICT (session_id) DO UPDATE SET forget_after = GREATEST(revoked_sessions.forget_after, excluded.forget_after)
        """;

    private const string Select = "SELECT session_id, forget_after FROM revoked_sessions WHERE forget_after >= $1";

    private const string Delete = "DELETE FROM revoked_sessions WHERE forget_after < $1";

    /// <summary>Remembers sessions, in somebody's transaction.</summary>
    public static async Task AddAsync(NpgsqlConnection connection, IEnumerable<string> sessionIds, DateTimeOffset forgetAfter, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.Add(Insert, Sql.Values(sessionIds.Distinct(StringComparer.Ordinal)), Sql.Value(forgetAfter));
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The sessions whose tokens may still be around.</summary>
    public async Task<IReadOnlyList<(string SessionId, DateTimeOffset ForgetAfter)>> ReadAsync(CancellationToken cancellationToken)
    {
        using var untraced = OpenTelemetry.SuppressInstrumentationScope.Begin();
        await using var command = source.CreateCommand(Select);
        command.Parameters.Add(Sql.Value(clock.Now));
        var sessions = new List<(string, DateTimeOffset)>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            sessions.Add((reader.GetString(0), reader.Moment(1)));
        }

        return sessions;
    }

    /// <summary>Forgets the others.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        using var untraced = OpenTelemetry.SuppressInstrumentationScope.Begin();
        await using var command = source.CreateCommand(Delete);
        command.Parameters.Add(Sql.Value(clock.Now));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
