using Dapper;
using Npgsql;

namespace ScopeSigning.Data;

/// <summary>A stored issuer key. <see cref="PrivateKey"/> is sealed.</summary>
internal sealed record IssuerKeyRow(
    string Kid, bool Test, string State, byte[] PublicKey, byte[] PrivateKey, DateTime CreatedAt, DateTime? ActivatedAt, DateTime? RemoveAt);

/// <summary>Issuer keys in Postgres, through which the instances agree on the active one.</summary>
internal sealed class IssuerKeyStore(NpgsqlDataSource database)
{
    /// <summary>Held by whoever changes the keys. The number is arbitrary and this table's own.</summary>
    private const long RotationLock = 0x53636f70654b6579;

    private const string Columns =
        """
        kid AS Kid, test AS Test, state AS State, public_key AS PublicKey, private_key AS PrivateKey,
        created_at AS CreatedAt, activated_at AS ActivatedAt, remove_at AS RemoveAt
        """;

    public async Task<IReadOnlyList<IssuerKeyRow>> ListAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await ListAsync(connection, null, cancellationToken);
    }

    /// <summary>The signing key, kept from being removed until the transaction ends.</summary>
    public static async Task<IssuerKeyRow?> FindActiveAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, bool test, CancellationToken cancellationToken)
        => await connection.QuerySingleOrDefaultAsync<IssuerKeyRow>(new CommandDefinition(
            $"SELECT {Columns} FROM issuer_keys WHERE test = @test AND state = 'active' FOR SHARE",
            new { test },
            transaction,
            cancellationToken: cancellationToken));

    /// <summary>Runs <paramref name="change"/> on all keys, one instance at a time, in one transaction.</summary>
    public async Task ChangeAsync(
        Func<NpgsqlConnection, NpgsqlTransaction, IReadOnlyList<IssuerKeyRow>, Task> change, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(
            "SELECT pg_advisory_xact_lock(@RotationLock)", new { RotationLock }, transaction, cancellationToken: cancellationToken));
        await change(connection, transaction, await ListAsync(connection, transaction, cancellationToken));
        await transaction.CommitAsync(cancellationToken);
    }

    public static Task InsertAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IssuerKeyRow key)
        => connection.ExecuteAsync(
            """
            INSERT INTO issuer_keys (kid, test, state, public_key, private_key, created_at, activated_at, remove_at)
            VALUES (@Kid, @Test, @State, @PublicKey, @PrivateKey, @CreatedAt, @ActivatedAt, @RemoveAt)
            """,
            key,
            transaction);

    public static Task ActivateAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string kid, DateTime now)
        => connection.ExecuteAsync(
            "UPDATE issuer_keys SET state = 'active', activated_at = @now WHERE kid = @kid", new { kid, now }, transaction);

    public static Task RetireAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string kid, DateTime removeAt)
        => connection.ExecuteAsync(
            "UPDATE issuer_keys SET state = 'retired', remove_at = @removeAt WHERE kid = @kid", new { kid, removeAt }, transaction);

    public static Task RemoveAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string kid)
        => connection.ExecuteAsync("DELETE FROM issuer_keys WHERE kid = @kid", new { kid }, transaction);

    private static async Task<IReadOnlyList<IssuerKeyRow>> ListAsync(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, CancellationToken cancellationToken)
        => [.. await connection.QueryAsync<IssuerKeyRow>(new CommandDefinition(
            $"SELECT {Columns} FROM issuer_keys ORDER BY test, created_at DESC", null, transaction, cancellationToken: cancellationToken))];
}
