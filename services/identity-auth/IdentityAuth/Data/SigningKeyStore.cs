using Dapper;
using Npgsql;

namespace IdentityAuth.Data;

/// <summary>A stored signing key. <see cref="PrivateKey"/> is sealed.</summary>
internal sealed record SigningKeyRow(
    string Kid, string State, string X, string Y, byte[] PrivateKey, DateTime CreatedAt, DateTime? ActivatedAt, DateTime? RemoveAt)
{
    public const string Next = "next";
    public const string Active = "active";
    public const string Retired = "retired";
}

/// <summary>The keys of access tokens in Postgres, through which the instances agree on the one that signs.</summary>
internal sealed class SigningKeyStore(NpgsqlDataSource database)
{
    /// <summary>Held by whoever changes the keys: "SignKeys" in ASCII.</summary>
    private const long RotationLock = 0x5369676e4b657973;

    private const string List =
        """
        SELECT kid AS Kid, state AS State, x AS X, y AS Y, private_key AS PrivateKey,
               created_at AS CreatedAt, activated_at AS ActivatedAt, remove_at AS RemoveAt
        FROM signing_keys ORDER BY created_at DESC
        """;

    public async Task<IReadOnlyList<SigningKeyRow>> ListAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<SigningKeyRow>(new CommandDefinition(List, cancellationToken: cancellationToken))];
    }

    /// <summary>Runs <paramref name="change"/> on all keys, one instance at a time, in one transaction.</summary>
    public async Task ChangeAsync(
        Func<NpgsqlConnection, NpgsqlTransaction, IReadOnlyList<SigningKeyRow>, Task> change, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(
            "SELECT pg_advisory_xact_lock(@RotationLock)", new { RotationLock }, transaction, cancellationToken: cancellationToken));
        var keys = await connection.QueryAsync<SigningKeyRow>(new CommandDefinition(List, transaction: transaction, cancellationToken: cancellationToken));
        await change(connection, transaction, [.. keys]);
        await transaction.CommitAsync(cancellationToken);
    }

    public static Task InsertAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, SigningKeyRow key)
        => connection.ExecuteAsync(
            """
            INSERT INTO signing_keys (kid, state, x, y, private_key, created_at, activated_at, remove_at)
            VALUES (@Kid, @State, @X, @Y, @PrivateKey, @CreatedAt, @ActivatedAt, @RemoveAt)
            """,
            key,
            transaction);

    public static Task ActivateAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string kid, DateTime now)
        => connection.ExecuteAsync(
            "UPDATE signing_keys SET state = 'active', activated_at = @now WHERE kid = @kid", new { kid, now }, transaction);

    public static Task RetireAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string kid, DateTime removeAt)
        => connection.ExecuteAsync(
            "UPDATE signing_keys SET state = 'retired', remove_at = @removeAt WHERE kid = @kid", new { kid, removeAt }, transaction);

    public static Task RemoveAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string kid)
        => connection.ExecuteAsync("DELETE FROM signing_keys WHERE kid = @kid", new { kid }, transaction);
}
