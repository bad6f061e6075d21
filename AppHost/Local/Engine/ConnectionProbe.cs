using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using RabbitMQ.Client;
using StackExchange.Redis;

namespace Aspire.Hosting.Local.Engine;

/// <summary>A server is healthy when it takes a connection.</summary>
internal static class ConnectionProbe
{
    private const int TimeoutSeconds = 5;

    /// <param name="maintenance">Whether the connection string names no database: then every server's own <c>postgres</c> is used.</param>
    public static HealthProbeAnnotation Postgres(IResourceWithConnectionString resource, string key, bool maintenance) => Probe(resource, key, async (connectionString, cancellationToken) =>
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, Timeout = TimeoutSeconds, CommandTimeout = TimeoutSeconds };
        if (maintenance)
        {
            settings.Database ??= "postgres";
        }

        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand("SELECT 1", connection);
        await command.ExecuteScalarAsync(cancellationToken);
    });

    public static HealthProbeAnnotation Redis(IResourceWithConnectionString resource, string key) => Probe(resource, key, async (connectionString, _) =>
    {
        var options = ConfigurationOptions.Parse(connectionString);
        options.AbortOnConnectFail = true;
        options.ConnectTimeout = TimeoutSeconds * 1000;
        using var connection = await ConnectionMultiplexer.ConnectAsync(options);
        await connection.GetDatabase().PingAsync();
    });

    public static HealthProbeAnnotation RabbitMQ(IResourceWithConnectionString resource, string key) => Probe(resource, key, async (connectionString, cancellationToken) =>
    {
        var factory = new ConnectionFactory
        {
            Uri = new Uri(connectionString),
            AutomaticRecoveryEnabled = false,
            RequestedConnectionTimeout = TimeSpan.FromSeconds(TimeoutSeconds),
        };
        await using var connection = await factory.CreateConnectionAsync(cancellationToken);
        await connection.CloseAsync(cancellationToken);
    });

    private static HealthProbeAnnotation Probe(IResourceWithConnectionString resource, string key, Func<string, CancellationToken, Task> connect)
        => new(key, async (context, cancellationToken) =>
        {
            // A server that runs here knows best; an outside one, or a database, is connected to.
            if (context.Server is { } server)
            {
                await server.CheckHealthAsync(cancellationToken);
            }
            else
            {
                await connect((await resource.GetConnectionStringAsync(cancellationToken))!, cancellationToken);
            }

            return HealthCheckResult.Healthy();
        });
}
