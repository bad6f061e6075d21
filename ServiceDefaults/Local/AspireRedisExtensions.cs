using Aspire.StackExchange.Redis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using StackExchange.Redis;

namespace Microsoft.Extensions.Hosting;

/// <summary>Stands in for the package Aspire.StackExchange.Redis: the same methods, sections, names of checks and behaviour.</summary>
public static class AspireRedisExtensions
{
    private const string Section = "Aspire:StackExchange:Redis";

    /// <summary>
    /// Registers <see cref="IConnectionMultiplexer"/> (singleton, connected at first use) for <c>ConnectionStrings:{connectionName}</c>,
    /// with a health check.
    /// </summary>
    public static void AddRedisClient(
        this IHostApplicationBuilder builder,
        string connectionName,
        Action<StackExchangeRedisSettings>? configureSettings = null,
        Action<ConfigurationOptions>? configureOptions = null)
        => Add(builder, connectionName, null, configureSettings, configureOptions);

    /// <summary>The same as a keyed service, the key being <paramref name="name"/>.</summary>
    public static void AddKeyedRedisClient(
        this IHostApplicationBuilder builder,
        string name,
        Action<StackExchangeRedisSettings>? configureSettings = null,
        Action<ConfigurationOptions>? configureOptions = null)
        => Add(builder, name, name, configureSettings, configureOptions);

    private static void Add(
        IHostApplicationBuilder builder,
        string connectionName,
        string? key,
        Action<StackExchangeRedisSettings>? configureSettings,
        Action<ConfigurationOptions>? configureOptions)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(connectionName);

        var common = builder.Configuration.GetSection(Section);
        var named = builder.Configuration.GetSection($"{Section}:{connectionName}");
        var settings = new StackExchangeRedisSettings();
        common.Bind(settings);
        named.Bind(settings);
        if (builder.Configuration.GetConnectionString(connectionName) is { Length: > 0 } connectionString)
        {
            settings.ConnectionString = connectionString;
        }

        configureSettings?.Invoke(settings);

        IConnectionMultiplexer Create()
        {
            var options = string.IsNullOrWhiteSpace(settings.ConnectionString)
                ? new ConfigurationOptions()
                : ConfigurationOptions.Parse(settings.ConnectionString);
            // A Redis that is away at the start is waited for, not fatal.
            options.AbortOnConnectFail = false;
            common.GetSection("ConfigurationOptions").Bind(options);
            named.GetSection("ConfigurationOptions").Bind(options);
            configureOptions?.Invoke(options);
            return options.EndPoints.Count == 0
                ? throw new InvalidOperationException(
                    $"No endpoints specified. Ensure a valid connection string was provided in 'ConnectionStrings:{connectionName}' or for the '{Section}:ConnectionString' configuration section.")
                : Connect(options);
        }

        if (key is null)
        {
            builder.Services.AddSingleton(_ => Create());
        }
        else
        {
            builder.Services.AddKeyedSingleton(key, (_, _) => Create());
        }

        IConnectionMultiplexer Get(IServiceProvider services)
            => key is null ? services.GetRequiredService<IConnectionMultiplexer>() : services.GetRequiredKeyedService<IConnectionMultiplexer>(key);

        if (!settings.DisableAutoActivation)
        {
            builder.Services.AddHostedService(services => new Activator(() => Get(services)));
        }

        if (!settings.DisableHealthChecks)
        {
            builder.TryAddHealthCheck(key is null ? "StackExchange.Redis" : $"StackExchange.Redis_{key}", services => new RedisHealthCheck(() => Get(services)));
        }
    }

    private static ConnectionMultiplexer Connect(ConfigurationOptions options)
    {
        var connection = ConnectionMultiplexer.Connect(options);
        // The detail of an error is the command with its key, and keys hold ids and tokens, which do not belong in a log.
        connection.IncludeDetailInExceptions = false;
        return connection;
    }

    // Resolved inside the check: the first one connects, and a registration's factory has no time limit.
    private sealed class RedisHealthCheck(Func<IConnectionMultiplexer> redis) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            try
            {
                await redis().GetDatabase().PingAsync().WaitAsync(cancellationToken);
                return HealthCheckResult.Healthy();
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                return new HealthCheckResult(context.Registration.FailureStatus, exception: exception);
            }
        }
    }

    private sealed class Activator(Func<IConnectionMultiplexer> redis) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.Run(redis, cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
