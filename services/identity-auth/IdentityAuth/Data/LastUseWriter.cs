using System.Threading.Channels;
using Npgsql;
using NpgsqlTypes;

namespace IdentityAuth.Data;

/// <summary>A session was used.</summary>
internal sealed record SessionUse(byte[] Hash, long UserId, string Address, DateTimeOffset At);

/// <summary>Writes last uses behind the requests' backs, many in one statement. What is lost in a crash is a minute of precision.</summary>
internal sealed partial class LastUseWriter(NpgsqlDataSource source, TimeProvider clock, ILogger<LastUseWriter> logger) : BackgroundService
{
    private const int Capacity = 10_000;
    private const int BatchSize = 500;

    // Rows are locked in one order, so that two instances cannot wait for each other.
    private const string Update = """
        WITH used AS (SELECT * FROM unnest($1, $2, $3, $4) AS used (hash, user_id, ip, at)),
             locked AS (SELECT s.token_hash, used.at FROM sessions s JOIN used ON s.token_hash = used.hash ORDER BY s.token_hash FOR UPDATE OF s),
             seen AS (UPDATE sessions s SET last_used_at = locked.at FROM locked WHERE s.token_hash = locked.token_hash AND s.last_used_at < locked.at),
             active AS (SELECT u.id, last.ip, last.at FROM users u JOIN (SELECT DISTINCT ON (user_id) user_id, ip, at FROM used ORDER BY user_id, at DESC) last ON last.user_id = u.id
                        ORDER BY u.id FOR NO KEY UPDATE OF u)
        UPDATE users u SET last_active_at = active.at, last_active_ip = active.ip FROM active WHERE u.id = active.id AND u.last_active_at < active.at
        """;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Channel<SessionUse> _uses = Channel.CreateBounded<SessionUse>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite });

    public void Write(SessionUse use) => _uses.Writer.TryWrite(use);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (await _uses.Reader.WaitToReadAsync(stoppingToken))
        {
            try
            {
                await FlushAsync(stoppingToken);
            }
            catch (NpgsqlException exception)
            {
                LogFailed(exception);
            }

            await Task.Delay(Pause, clock, stoppingToken);
        }
    }

    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        var batch = new Dictionary<string, SessionUse>(StringComparer.Ordinal);
        while (batch.Count < BatchSize && _uses.Reader.TryRead(out var use))
        {
            batch[Convert.ToHexString(use.Hash)] = use;
        }

        await using var command = source.Command(
            Update,
            Sql.BytesList(batch.Values.Select(use => use.Hash)),
            new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint, Value = batch.Values.Select(use => use.UserId).ToArray() },
            Sql.Texts(batch.Values.Select(use => use.Address)),
            new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz, Value = batch.Values.Select(use => use.At.UtcDateTime).ToArray() });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    [LoggerMessage(LogLevel.Warning, "Last uses of sessions could not be written")]
    private partial void LogFailed(Exception exception);
}
