using System.Collections.Concurrent;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using ServiceDefaults.Tests.Infrastructure;
using TestSupport;

namespace ServiceDefaults.Tests.Messaging;

public sealed record BellRung
{
    public required int Number { get; init; }
}

public sealed class BellRungConsumer(ConcurrentQueue<int> seen) : IConsumer<BellRung>
{
    public Task Consume(ConsumeContext<BellRung> context)
    {
        seen.Enqueue(context.Message.Number);
        return Task.CompletedTask;
    }
}

public sealed class BellRungDefinition : ConsumerDefinition<BellRungConsumer>;

/// <summary>The bus goes on after whatever happens to the broker.</summary>
public sealed class ReconnectionTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<int> _seen = new();
    private readonly string _name = TestService.NewName();
    private string _database = "";
    private string _broker = "";
    private TcpProxy _proxy = null!;

    public async ValueTask InitializeAsync()
    {
        var servers = await BackingServers.GetAsync();
        _database = await servers.CreateDatabaseAsync("broker-watch");
        _broker = servers.RabbitMQ;
        _proxy = TcpProxy.For(new Uri(_broker));
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await TestService.DeleteQueuesAsync($"{_name}-bell-rung");
    }

    [Fact]
    public async Task Broker_AwayAgainAndAgainUnderLoad_EventsPassEachTimeItIsBack()
    {
        await using var service = await StartAsync();
        await PassesAsync(service, 0);

        for (var outage = 1; outage <= 4; outage++)
        {
            _proxy.Cut();
            await service.WriteAsync("bell", new BellRung { Number = outage });
            await HealthBecomesAsync(service, HealthStatus.Unhealthy);
            await service.WriteAsync("bell", new BellRung { Number = outage * 100 });
            _proxy.Restore();

            await ArrivesAsync(outage);
            await ArrivesAsync(outage * 100);
            await HealthBecomesAsync(service, HealthStatus.Healthy);
        }
    }

    [Fact]
    public async Task Broker_Silent_IsUnhealthyAndGoesOnWhenItSpeaks()
    {
        await using var service = await StartAsync();
        await PassesAsync(service, 0);

        _proxy.Freeze();
        await HealthBecomesAsync(service, HealthStatus.Unhealthy);
        await service.WriteAsync("bell", new BellRung { Number = 1 });
        _proxy.Thaw();

        await ArrivesAsync(1);
        await HealthBecomesAsync(service, HealthStatus.Healthy);
    }

    /// <summary>It accepts connections and says nothing for longer than any limit of the client: 5 s to connect, 20 s for an answer.</summary>
    [Fact]
    public async Task Broker_BackButSilentFirst_EventsPassWhenItSpeaks()
    {
        await using var service = await StartAsync();
        await PassesAsync(service, 0);

        _proxy.Cut();
        await HealthBecomesAsync(service, HealthStatus.Unhealthy);
        _proxy.Freeze();
        var connections = _proxy.Connections;
        _proxy.Restore();
        await service.WriteAsync("bell", new BellRung { Number = 1 });
        await Eventually.BecomesTrueAsync(() => _proxy.Connections >= connections + 10, "many attempts came to nothing");
        _proxy.Thaw();

        await ArrivesAsync(1);
        await HealthBecomesAsync(service, HealthStatus.Healthy);
    }

    private Task<TestService> StartAsync()
        => TestService.StartAsync(
            _database,
            bus => bus.Publishes<BellRung>(hasConsumer: true).Consumes<BellRungConsumer, BellRungDefinition>(),
            _name,
            broker: new UriBuilder(_broker) { Port = _proxy.Port }.Uri.ToString(),
            configure: builder => builder.Services.AddSingleton(_seen),
            settings: ("Messaging:PollInterval", "00:00:00.05"));

    /// <summary>Through the outbox, the broker and the consumer.</summary>
    private async Task PassesAsync(TestService service, int number)
    {
        await service.WriteAsync("bell", new BellRung { Number = number });
        await ArrivesAsync(number);
    }

    private Task ArrivesAsync(int number) => Eventually.BecomesTrueAsync(() => _seen.Contains(number), $"event {number} has arrived");

    private static Task HealthBecomesAsync(TestService service, HealthStatus status)
        => Eventually.BecomesTrueAsync(
            async () => (await service.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken)).Status == status,
            $"health is {status}");
}
