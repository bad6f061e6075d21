using MassTransit;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ServiceDefaults.Messaging;

/// <summary>
/// Holds the start back until the queues are declared, so that a service that accepts requests has them; but not for ever. Without
/// a broker the service goes on, unready, and MassTransit keeps trying. (Its own WaitUntilStarted waits without end.)
/// </summary>
internal sealed partial class BusStart(IBusControl bus, IOptions<MessagingOptions> options, TimeProvider clock, ILogger<BusStart> logger) : IHostedService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(25);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        while (bus.CheckHealth().Status != BusHealthStatus.Healthy)
        {
            if (clock.GetElapsedTime(started) >= options.Value.StartTimeout)
            {
                LogGoingOn(options.Value.StartTimeout.TotalSeconds);
                return;
            }

            await Task.Delay(Interval, clock, cancellationToken);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(1, LogLevel.Warning, "RabbitMQ did not answer within {Seconds} s; going on without it. Events wait in the outbox, and the service is not ready until its queues are declared")]
    private partial void LogGoingOn(double seconds);
}
