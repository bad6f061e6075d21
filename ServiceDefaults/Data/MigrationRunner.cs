using Microsoft.Extensions.Logging;
using Npgsql;

namespace ServiceDefaults.Data;

/// <summary>
/// Applies what a database lacks. Each migration is one transaction that first takes the database's advisory lock and looks again,
/// so that instances that start together do each one once.
/// </summary>
internal sealed partial class MigrationRunner(NpgsqlDataSource source, ILogger logger)
{
    /// <summary>Key of the advisory lock: "migrate" in ASCII. Locks are per database.</summary>
    private const long LockKey = 0x6D696772617465;

    private const string CreateTable = """
        CREATE TABLE IF NOT EXISTS schema_migrations (
            source     text        NOT NULL,
            number     integer     NOT NULL,
            name       text        NOT NULL,
            checksum   text        NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (source, number)
        )
        """;

    /// <exception cref="MigrationException">A migration fails, was changed after it was applied, or comes too late.</exception>
    /// <exception cref="NpgsqlException">Postgres is away.</exception>
    public async Task RunAsync(IReadOnlyList<MigrationSet> sets, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await InLockedTransactionAsync(
            connection, transaction => ExecuteAsync(connection, transaction, CreateTable, cancellationToken), cancellationToken);

        foreach (var set in sets)
        {
            var applied = await ReadAppliedAsync(connection, null, set.Source, cancellationToken);
            foreach (var migration in set.Migrations)
            {
                if (!IsApplied(set, migration, applied))
                {
                    await ApplyAsync(connection, set, migration, cancellationToken);
                }
            }
        }
    }

    private async Task ApplyAsync(NpgsqlConnection connection, MigrationSet set, Migration migration, CancellationToken cancellationToken)
        => await InLockedTransactionAsync(
            connection,
            async transaction =>
            {
                // Another instance may have been quicker while this one waited for the lock.
                var applied = await ReadAppliedAsync(connection, transaction, set.Source, cancellationToken);
                if (IsApplied(set, migration, applied))
                {
                    return;
                }

                try
                {
                    await ExecuteAsync(connection, transaction, migration.Sql, cancellationToken);
                }
                catch (PostgresException exception) when (!exception.IsTransient)
                {
                    throw new MigrationException(
                        $"Migration {migration.FileName} of {set.Source} failed: {exception.SqlState} {exception.MessageText}. Nothing of it was applied; correct the file and start again.",
                        exception);
                }

                await using var insert = new NpgsqlCommand(
                    "INSERT INTO schema_migrations (source, number, name, checksum) VALUES ($1, $2, $3, $4)", connection, transaction)
                {
                    Parameters =
                    {
                        new() { Value = set.Source },
                        new() { Value = migration.Number },
                        new() { Value = migration.FileName },
                        new() { Value = migration.Checksum },
                    },
                };
                await insert.ExecuteNonQueryAsync(cancellationToken);
                LogApplied(migration.FileName, set.Source);
            },
            cancellationToken);

    private static bool IsApplied(MigrationSet set, Migration migration, Dictionary<int, (string Name, string Checksum)> applied)
    {
        if (applied.TryGetValue(migration.Number, out var known))
        {
            return known.Checksum == migration.Checksum
                ? true
                : throw new MigrationException(
                    $"Migration {migration.FileName} of {set.Source} was applied as {known.Name} with another content. Restore the file as it was and put the change into a new migration.");
        }

        if (applied.Count > 0 && applied.Keys.Max() is var newest && newest > migration.Number)
        {
            throw new MigrationException(
                $"Migration {migration.FileName} of {set.Source} is older than {applied[newest].Name}, which is applied already. Give it the next free number.");
        }

        return false;
    }

    private static async Task InLockedTransactionAsync(
        NpgsqlConnection connection, Func<NpgsqlTransaction, Task> work, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, transaction, $"SELECT pg_advisory_xact_lock({LockKey})", cancellationToken);
        await work(transaction);
        await transaction.CommitAsync(cancellationToken);
    }

    private static async Task<Dictionary<int, (string Name, string Checksum)>> ReadAppliedAsync(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, string source, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT number, name, checksum FROM schema_migrations WHERE source = $1", connection, transaction)
        {
            Parameters = { new() { Value = source } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var applied = new Dictionary<int, (string, string)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            applied.Add(reader.GetInt32(0), (reader.GetString(1), reader.GetString(2)));
        }

        return applied;
    }

    // No time limit: a migration, or the wait for another instance's, takes as long as it takes.
    private static async Task ExecuteAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection, transaction) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    [LoggerMessage(1, LogLevel.Information, "Applied migration {File} of {Source}")]
    private partial void LogApplied(string file, string source);
}
