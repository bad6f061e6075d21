using MassTransit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ServiceDefaults.Messaging;

public static class MessageBusExtensions
{
    /// <summary>Name of the connection string: an AMQP 0-9-1 URI.</summary>
    private const string ConnectionName = "rabbitmq";

    /// <summary>MassTransit's own check calls a bus "degraded" (200) while some of its queues are missing; ours does not.</summary>
    private const string MassTransitCheck = "masstransit-bus";

    /// <summary>
    /// Adds the bus on the connection <c>rabbitmq</c>, the outbox with its relay, the inbox, retry with back-off and the health
    /// check. The service reports ready only when its queues are declared.
    /// </summary>
    /// <remarks>
    /// Outbox and inbox live in the database of <see cref="DatabaseExtensions.AddDatabase{TMarker}"/>. A service that neither publishes
    /// nor handles once needs none.
    /// </remarks>
    /// <param name="serviceName">The service's one name, such as <c>pairing</c>: prefix of its queues.</param>
    public static void AddMessageBus(this IHostApplicationBuilder builder, string serviceName, Action<MessageBusBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(serviceName);
        ArgumentNullException.ThrowIfNull(configure);

        var services = builder.Services;
        services.AddOptions<MessagingOptions>().BindConfiguration(MessagingOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<MessagingMetrics>();

        var names = new KebabCaseEndpointNameFormatter(serviceName, includeNamespace: false);
        services.AddMassTransit(bus =>
        {
            bus.DisableUsageTelemetry();
            bus.SetEndpointNameFormatter(names);

            var service = new MessageBusBuilder(bus, names);
            configure(service);

            services.AddSingleton(new EventTypes(service.Events));
            bus.AddConfigureEndpointsCallback((context, queue, endpoint)
                => BusSetup.ConfigureEndpoint(context, queue, service.InstanceQueues.GetValueOrDefault(queue), endpoint));
            bus.UsingRabbitMq((context, broker) => BusSetup.ConfigureBus(
                context, broker, builder.Configuration.GetConnectionString(ConnectionName), serviceName, service.HasConsumers));

            if (service.Events.Count > 0)
            {
                AddOutbox(services);
            }
        });

        services.AddSingleton(provider => new Inbox(provider.GetRequiredService<NpgsqlDataSource>(), provider.GetRequiredService<MessagingMetrics>()));
        services.AddHostedService<MessageSweeper>();
        services.AddHostedService<BusStart>();
        services.AddSingleton<BrokerConnection>();
        services.AddSingleton(provider => new BrokerWatch(
            provider.GetRequiredService<IBusControl>(),
            provider.GetRequiredService<BrokerConnection>(),
            BrokerAddress.Parse(builder.Configuration.GetConnectionString(ConnectionName)),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<BrokerWatch>>()));
        services.AddHostedService(provider => provider.GetRequiredService<BrokerWatch>());

        services.Configure<HealthCheckServiceOptions>(options =>
        {
            options.Registrations.Add(new HealthCheckRegistration(ConnectionName, provider => new BusHealthCheck(provider.GetRequiredService<IBusControl>(), provider.GetRequiredService<BrokerWatch>()), null, null));
        });
        services.PostConfigure<HealthCheckServiceOptions>(options =>
        {
            foreach (var registration in options.Registrations.Where(registration => registration.Name == MassTransitCheck).ToArray())
            {
                options.Registrations.Remove(registration);
            }
        });
    }

    private static void AddOutbox(IServiceCollection services)
    {
        services.AddSingleton(provider => new Outbox(provider.GetRequiredService<EventTypes>()));
        services.AddSingleton<OutboxStore>();
        services.AddSingleton<OutboxPublisher>();
        services.AddSingleton<OutboxSignal>();
        services.AddHostedService<OutboxListener>();
        services.AddHostedService<OutboxSampler>();
        services.AddHostedService<OutboxRelay>();
    }
}
