using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using RabbitMQ.Client;
using ServiceDefaults.Messaging;
using TestSupport;

namespace ServiceDefaults.Tests.Infrastructure;

/// <summary>One instance of a small service with database and bus.</summary>
internal sealed class TestService : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly MeterListener _meters = new();
    private readonly ConcurrentDictionary<string, double> _sums = new(StringComparer.Ordinal);
    private bool _started;
    private bool _stopped;

    private TestService(IHost host, LogCapture log)
    {
        _host = host;
        Log = log;
        var factory = host.Services.GetRequiredService<IMeterFactory>();
        _meters.InstrumentPublished = (instrument, listener) =>
        {
            // Every host has a factory and so meters of its own.
            if (instrument.Meter.Name == MessagingMetrics.Name && ReferenceEquals(instrument.Meter.Scope, factory))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _meters.SetMeasurementEventCallback<long>((instrument, value, _, _) => Record(instrument, value));
        _meters.SetMeasurementEventCallback<double>((instrument, value, _, _) => Record(instrument, value));
        _meters.Start();
    }

    public LogCapture Log { get; }

    public IServiceProvider Services => _host.Services;

    public NpgsqlDataSource Database => _host.Services.GetRequiredService<NpgsqlDataSource>();

    public Outbox Outbox => _host.Services.GetRequiredService<Outbox>();

    public static string NewName() => $"t{Guid.NewGuid():N}"[..12];

    public static async Task<TestService> StartAsync(
        string database,
        Action<MessageBusBuilder> bus,
        string? name = null,
        string? broker = null,
        Action<IHostApplicationBuilder>? configure = null,
        params (string Key, string Value)[] settings)
    {
        var service = await BuildAsync(database, bus, name, broker, configure, settings);
        await service.StartAsync();
        return service;
    }

    public static async Task<TestService> BuildAsync(
        string database,
        Action<MessageBusBuilder> bus,
        string? name = null,
        string? broker = null,
        Action<IHostApplicationBuilder>? configure = null,
        params (string Key, string Value)[] settings)
    {
        var servers = await BackingServers.GetAsync();
        var log = new LogCapture();
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(settings.ToDictionary(setting => setting.Key, setting => (string?)setting.Value, StringComparer.Ordinal));
        builder.Configuration["ConnectionStrings:test-db"] = database;
        builder.Configuration["ConnectionStrings:rabbitmq"] = broker ?? servers.RabbitMQ;
        builder.Logging.AddProvider(log);
        builder.Logging.SetMinimumLevel(LogLevel.Debug);
        builder.AddServiceDefaults();
        builder.AddDatabase<NoMigrations>("test-db");
        builder.AddMessageBus(name ?? NewName(), bus);
        configure?.Invoke(builder);
        return new TestService(builder.Build(), log);
    }

    public async Task StartAsync()
    {
        await _host.StartAsync(TestContext.Current.CancellationToken);
        _started = true;
    }

    public async Task StopAsync()
    {
        _stopped = true;
        await _host.StopAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Sum of a counter, or last value of a gauge.</summary>
    public double Metric(string name)
    {
        _meters.RecordObservableInstruments();
        return _sums.GetValueOrDefault(name);
    }

    public async Task WriteAsync<TEvent>(string aggregate, params TEvent[] events)
        where TEvent : class
    {
        await using var connection = await Database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        foreach (var message in events)
        {
            await Outbox.AddAsync(connection, transaction, aggregate, message, TestContext.Current.CancellationToken);
        }

        await transaction.CommitAsync();
    }

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async Task<long> PendingAsync() => await ScalarAsync<long>("SELECT count(*) FROM outbox WHERE published_at IS NULL");

    public async ValueTask DisposeAsync()
    {
        _meters.Dispose();
        if (_started && !_stopped)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(15));
            await _host.StopAsync(limit.Token);
        }

        _host.Dispose();
    }

    /// <summary>Durable queues outlive their service; the test's do not outlive the test.</summary>
    public static async Task DeleteQueuesAsync(params string[] queues)
    {
        var servers = await BackingServers.GetAsync();
        await using var connection = await new ConnectionFactory { Uri = new Uri(servers.RabbitMQ) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        foreach (var queue in queues)
        {
            await channel.QueueDeleteAsync(queue);
            await channel.ExchangeDeleteAsync(queue);
        }
    }

    private void Record(Instrument instrument, double value)
        => _sums.AddOrUpdate(instrument.Name, value, (_, sum) => instrument.IsObservable ? value : sum + value);
}
