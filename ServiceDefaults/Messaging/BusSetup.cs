using System.Net.Security;
using System.Security.Authentication;
using System.Text.Json;
using System.Text.Json.Serialization;
using MassTransit;
using MassTransit.Middleware;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ServiceDefaults.Http;

namespace ServiceDefaults.Messaging;

/// <summary>How every service's bus is set up.</summary>
internal static class BusSetup
{
    /// <summary>A queue of one instance is for what happens now: at most this many messages …</summary>
    private const int InstanceQueueLength = 10_000;

    /// <summary>… and none older than this, in milliseconds.</summary>
    private const int InstanceQueueTtl = 60_000;

    /// <summary>The broker says within this that a connection is dead, in seconds.</summary>
    private const ushort Heartbeat = 10;

    /// <summary>
    /// With the default delay an hour: longer than the broker waits for an acknowledgement (consumer_timeout, 30 minutes), and then it
    /// delivers the message anew.
    /// </summary>
    private const int OutageAttempts = 3600;

    public static void ConfigureBus(
        IBusRegistrationContext context, IRabbitMqBusFactoryConfigurator bus, string? connectionString, string connectionName, bool hasConsumers)
    {
        var address = BrokerAddress.Parse(connectionString);
        bus.Host(address.Host, address.Port, address.VirtualHost, connectionName, host =>
        {
            host.Username(address.User);
            host.Password(address.Password);
            host.Heartbeat(Heartbeat);
            host.RequestedConnectionTimeout(TimeSpan.FromSeconds(5));
            host.PublisherConfirmation = true;
            if (address.Tls)
            {
                host.UseSsl(tls =>
                {
                    // MassTransit accepts any certificate chain and knows TLS 1.2 only, unless told otherwise.
                    tls.EnforcePolicyErrors(SslPolicyErrors.RemoteCertificateChainErrors | SslPolicyErrors.RemoteCertificateNameMismatch | SslPolicyErrors.RemoteCertificateNotAvailable);
                    tls.Protocol = SslProtocols.None;
                    tls.ServerName = address.Host;
                });
            }
        });

        Reconnection.RetrySoonAndForEver(bus);
        context.GetRequiredService<BrokerConnection>().Belongs(Reconnection.Host(bus));
        bus.PrefetchCount = context.GetRequiredService<IOptions<MessagingOptions>>().Value.Prefetch;
        bus.ConfigureJsonSerializerOptions(UseWebDefaults);
        bus.UseFilter(new CorrelationFilter(context.GetRequiredService<ILoggerFactory>().CreateLogger("ServiceDefaults.Messaging.Consumer")));
        // Without a consumer there would be no connection to judge the broker by until the first event.
        bus.AutoStart = !hasConsumers;
        bus.ConfigureEndpoints(context);
    }

    public static void ConfigureEndpoint(
        IRegistrationContext context, string queue, string? ofEveryInstance, IReceiveEndpointConfigurator endpoint)
    {
        var options = context.GetRequiredService<IOptions<MessagingOptions>>().Value;
        var metrics = context.GetRequiredService<MessagingMetrics>();
        var logger = context.GetRequiredService<ILoggerFactory>().CreateLogger("ServiceDefaults.Messaging.Consumer");

        // Nobody listens to MassTransit's Fault events; the dead letter and its metric say it.
        endpoint.PublishFaults = false;
        // An outage is no fault of the message: it waits, and the ones behind it, which would fare no better.
        endpoint.UseMessageRetry(retry =>
        {
            retry.Handle<Exception>(IsOutage);
            retry.Interval(OutageAttempts, options.OutageDelay);
        });
        if (options.Retries > 0)
        {
            endpoint.UseMessageRetry(retry =>
            {
                retry.Ignore<Exception>(exception => exception is GivenUpException || IsOutage(exception));
                retry.Exponential(options.Retries, options.RetryDelay, options.RetryDelay * Math.Pow(2, options.Retries), options.RetryDelay);
            });
        }

        // By a name that outlives the instance: metrics are kept for each.
        var count = new DeadLetterFilter(ofEveryInstance ?? queue, metrics, logger);
        if (ofEveryInstance is not null)
        {
            endpoint.ConfigureError(pipe =>
            {
                pipe.UseFilter(count);
                pipe.UseFilter(new DiscardErrorTransportFilter());
            });
            endpoint.DiscardSkippedMessages();
            if (endpoint is IRabbitMqReceiveEndpointConfigurator rabbit)
            {
                rabbit.SetQueueArgument("x-max-length", InstanceQueueLength);
                rabbit.SetQueueArgument("x-message-ttl", InstanceQueueTtl);
            }
        }
        else
        {
            endpoint.ConfigureError(pipe =>
            {
                pipe.UseFilter(count);
                pipe.UseFilter(new ErrorTransportFilter());
            });
            endpoint.ConfigureDeadLetter(pipe =>
            {
                pipe.UseFilter(count);
                pipe.UseFilter(new DeadLetterTransportFilter());
            });
        }
    }

    /// <summary>A limit of the consumer's own that ran out says nothing about a dependency, nor does the cause of what it has given up.</summary>
    private static bool IsOutage(Exception exception)
        => exception is not (OperationCanceledException or GivenUpException) && DependencyFailure.IsUnavailable(exception);

    // The options are MassTransit's, with converters for its envelope; only what differs from the web defaults is set.
    private static JsonSerializerOptions UseWebDefaults(JsonSerializerOptions options)
    {
        options.WriteIndented = false;
        options.NumberHandling = JsonNumberHandling.AllowReadingFromString;
        foreach (var converter in options.Converters.Where(converter => converter.CanConvert(typeof(decimal))).ToArray())
        {
            // Decimals as strings.
            options.Converters.Remove(converter);
        }

        return options;
    }
}
