using Aspire.Hosting.ApplicationModel;
using Npgsql;

namespace Aspire.Hosting.Local.Engine;

/// <summary>Creates the databases of a server that are missing.</summary>
internal static class DatabaseCreation
{
    public static async Task EnsureAsync(PostgresServerResource server, IEnumerable<IResource> resources, CancellationToken cancellationToken)
    {
        var databases = resources.OfType<PostgresDatabaseResource>().Where(d => d.Parent == server && d.ExternalConnection() is null).ToList();
        if (databases.Count == 0)
        {
            return;
        }

        var settings = new NpgsqlConnectionStringBuilder(await ((IResourceWithConnectionString)server).GetConnectionStringAsync(cancellationToken)) { Pooling = false };
        settings.Database ??= "postgres";
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        foreach (var database in databases)
        {
            await CreateIfMissingAsync(connection, database.DatabaseName, cancellationToken);
        }
    }

    private static async Task CreateIfMissingAsync(NpgsqlConnection connection, string name, CancellationToken cancellationToken)
    {
        await using var query = new NpgsqlCommand("SELECT 1 FROM pg_database WHERE datname = $1", connection) { Parameters = { new() { Value = name } } };
        if (await query.ExecuteScalarAsync(cancellationToken) is not null)
        {
            return;
        }

        // CREATE DATABASE takes no parameters: the name is quoted as an identifier.
        await using var create = new NpgsqlCommand($"CREATE DATABASE \"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"", connection);
        try
        {
            await create.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.DuplicateDatabase)
        {
            // Somebody else was faster; only two AppHosts on one outside server can meet here.
        }
    }
}
