using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Npgsql;
using ServiceDefaults.Data;

namespace Microsoft.Extensions.Hosting;

public static class DatabaseExtensions
{
    /// <summary>Connections of one instance: four services with two instances each then stay within Postgres' default of 100 for most loads.</summary>
    private const int MaxPoolSize = 20;

    // A server that stands still is noticed by these alone. Together they stay below 10 s, after which nobody wants the answer.

    /// <summary>Seconds to wait for a free or a new connection; then 503.</summary>
    private const int ConnectTimeout = 3;

    /// <summary>Seconds for one statement; then 503.</summary>
    private const int CommandTimeout = 5;

    /// <summary>Milliseconds for the server to say that it has stopped a statement that took too long.</summary>
    private const int CancellationTimeout = 500;

    // The request to stop it needs a connection of its own, which waits for ConnectTimeout, and once more where Kerberos' encryption is tried first.
    private const GssEncryptionMode GssMode = GssEncryptionMode.Disable;

    // An instance that vanishes with its host closes no connection. What its transaction has locked, events of the outbox among it, is
    // free again when the server ends the session: after this, not after the hours in which TCP notices. None of ours waits as long.
    private const string SessionOptions = "-c idle_in_transaction_session_timeout=30s";

    /// <summary>
    /// Adds the service's database: a pooled <c>NpgsqlDataSource</c>, its health check, and the migrations that
    /// <typeparamref name="TMarker"/>'s assembly embeds (<c>Data/Migrations/0001_name.sql</c>), applied at start, before any
    /// other hosted service runs, each once, under an advisory lock. A changed checksum stops the start.
    /// </summary>
    /// <remarks>Pool size, time limits and session options have defaults of ours where the connection string says nothing.</remarks>
    public static void AddDatabase<TMarker>(this IHostApplicationBuilder builder, string connectionName)
    {
        builder.AddNpgsqlDataSource(connectionName, configureDataSourceBuilder: source => SetDefaults(
            source.ConnectionStringBuilder, builder.Environment.ApplicationName));
        builder.Services.AddSingleton<IHealthCheckPublisher>(new ThreadReserve(MaxPoolSize));

        builder.Services.AddSingleton<IHostedService>(services => new MigrationService(
            services.GetRequiredService<NpgsqlDataSource>,
            [MigrationSet.Embedded(typeof(MigrationSet).Assembly), MigrationSet.Embedded(typeof(TMarker).Assembly)],
            services.GetService<TimeProvider>() ?? TimeProvider.System,
            services.GetRequiredService<ILoggerFactory>().CreateLogger<MigrationService>()));
    }

    private static void SetDefaults(NpgsqlConnectionStringBuilder connection, string applicationName)
    {
        SetDefault("Maximum Pool Size", MaxPoolSize);
        SetDefault("Timeout", ConnectTimeout);
        SetDefault("Command Timeout", CommandTimeout);
        SetDefault("Cancellation Timeout", CancellationTimeout);
        SetDefault("Application Name", applicationName);
        SetDefault("Options", SessionOptions);
        SetDefault("GSS Encryption Mode", GssMode);

        void SetDefault(string keyword, object value)
        {
            if (!connection.ShouldSerialize(keyword))
            {
                connection[keyword] = value;
            }
        }
    }
}
