using Aspire.Npgsql;
using Aspire.StackExchange.Redis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;
using StackExchange.Redis;
using TestSupport;

namespace ServiceDefaults.Tests.Local;

/// <summary>What a service may expect of <c>AddNpgsqlDataSource</c> and <c>AddRedisClient</c>, whichever package they come from.</summary>
public sealed class ClientTests
{
    [Fact]
    public void AddNpgsqlDataSource_NoConnectionString_ToldWhenFirstUsed()
    {
        using var host = Build([], builder => builder.AddNpgsqlDataSource("pairing-db"));

        var failure = Assert.Throws<InvalidOperationException>(() => host.Services.GetRequiredService<NpgsqlDataSource>());

        Assert.Contains("ConnectionStrings:pairing-db", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AddRedisClient_NoConnectionString_ToldWhenFirstUsed()
    {
        using var host = Build([], builder => builder.AddRedisClient("redis"));

        var failure = Assert.Throws<InvalidOperationException>(() => host.Services.GetRequiredService<IConnectionMultiplexer>());

        Assert.Contains("ConnectionStrings:redis", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AddNpgsqlDataSource_SeveralPlaces_LaterWins()
    {
        Assert.Equal("common", Database([("Aspire:Npgsql:ConnectionString", "Host=common")]));
        Assert.Equal("named", Database([("Aspire:Npgsql:ConnectionString", "Host=common"), ("Aspire:Npgsql:db:ConnectionString", "Host=named")]));
        Assert.Equal("string", Database([("Aspire:Npgsql:db:ConnectionString", "Host=named"), ("ConnectionStrings:db", "Host=string")]));
        Assert.Equal("code", Database([("ConnectionStrings:db", "Host=string")], settings => settings.ConnectionString = "Host=code"));

        static string? Database((string, string)[] configuration, Action<NpgsqlSettings>? configure = null)
        {
            using var host = Build(configuration, builder => builder.AddNpgsqlDataSource("db", configure));
            return new NpgsqlConnectionStringBuilder(host.Services.GetRequiredService<NpgsqlDataSource>().ConnectionString).Host;
        }
    }

    [Fact]
    public void HealthChecks_PerClient_NamedAsAspireNamesThem()
    {
        using var host = Build([], builder =>
        {
            builder.AddNpgsqlDataSource("a");
            builder.AddNpgsqlDataSource("a");
            builder.AddKeyedNpgsqlDataSource("b");
            builder.AddKeyedNpgsqlDataSource("c", settings => settings.DisableHealthChecks = true);
            builder.AddRedisClient("d");
            builder.AddKeyedRedisClient("e");
        });

        var checks = host.Services.GetRequiredService<IOptions<HealthCheckServiceOptions>>().Value.Registrations;

        Assert.Equal(["PostgreSql", "PostgreSql_b", "StackExchange.Redis", "StackExchange.Redis_e"], checks.Select(check => check.Name).Order(StringComparer.Ordinal));
        Assert.All(checks, check => Assert.Empty(check.Tags));
    }

    [Fact]
    public async Task Clients_AgainstTheServers_WorkKeyedAndUnkeyed()
    {
        var servers = await BackingServers.GetAsync();
        using var host = Build(
            [("ConnectionStrings:db", servers.Postgres), ("ConnectionStrings:redis", servers.Redis)],
            builder =>
            {
                builder.AddNpgsqlDataSource("db");
                builder.AddKeyedNpgsqlDataSource("db");
                builder.AddRedisClient("redis");
                builder.AddKeyedRedisClient("redis");
            });

        await using (var connection = host.Services.GetRequiredService<NpgsqlConnection>())
        {
            await connection.OpenAsync(TestContext.Current.CancellationToken);
        }

        await using (var connection = host.Services.GetRequiredKeyedService<NpgsqlConnection>("db"))
        {
            await connection.OpenAsync(TestContext.Current.CancellationToken);
        }

        await host.Services.GetRequiredService<IConnectionMultiplexer>().GetDatabase().PingAsync();
        await host.Services.GetRequiredKeyedService<IConnectionMultiplexer>("redis").GetDatabase().PingAsync();
        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken);
        Assert.Equal(HealthStatus.Healthy, report.Status);
        Assert.Equal(4, report.Entries.Count);
    }

    [Fact]
    public async Task Clients_ServersAway_UnhealthyAndNotFatal()
    {
        using var host = Build(
            [("ConnectionStrings:db", "Host=127.0.0.1;Port=1"), ("ConnectionStrings:redis", "127.0.0.1:1,connectTimeout=100")],
            builder =>
            {
                builder.AddNpgsqlDataSource("db");
                builder.AddRedisClient("redis");
            });

        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken);

        Assert.All(report.Entries.Values, entry => Assert.Equal(HealthStatus.Unhealthy, entry.Status));
    }

    [Fact]
    public void AddRedisClient_OptionsInConfigurationAndCode_CodeWins()
    {
        ConfigurationOptions? seen = null;
        using var host = Build(
            [("ConnectionStrings:redis", "127.0.0.1:1,connectTimeout=100"), ("Aspire:StackExchange:Redis:ConfigurationOptions:SyncTimeout", "777"), ("Aspire:StackExchange:Redis:redis:ConfigurationOptions:ConnectRetry", "1")],
            builder => builder.AddRedisClient(
                "redis",
                (StackExchangeRedisSettings settings) => Assert.True(settings.DisableAutoActivation),
                options => seen = options));

        host.Services.GetRequiredService<IConnectionMultiplexer>().Dispose();

        Assert.Equal((777, 1, false), (seen!.SyncTimeout, seen.ConnectRetry, seen.AbortOnConnectFail));
    }

    private static IHost Build((string Key, string Value)[] configuration, Action<IHostApplicationBuilder> configure)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(configuration.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value)));
        configure(builder);
        return builder.Build();
    }
}
