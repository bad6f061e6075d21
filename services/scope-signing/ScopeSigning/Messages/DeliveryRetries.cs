using ScopeSigning.Data;

namespace ScopeSigning.Messages;

/// <summary>
/// Orders messages again whose next try is due. It sleeps until the next one, and is woken when this instance postpones another; what an
/// instance that died has left behind is found by any other at its next look. Safe in any number of instances.
/// </summary>
internal sealed partial class DeliveryRetries(DeliveryStore deliveries, TimeProvider clock, ILogger<DeliveryRetries> logger) : BackgroundService
{
    private const int BatchSize = 100;

    /// <summary>How long it sleeps at most.</summary>
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(10);

    private readonly SemaphoreSlim wake = new(0, 1);

    /// <summary>A message was postponed: its time may come before that of the others.</summary>
    public void LookAgain()
    {
        try
        {
            wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is going to look anyway.
        }
    }

    public override void Dispose()
    {
        wake.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            var sleep = LongestSleep;
            try
            {
                while (await deliveries.OrderDueAsync(clock.GetUtcNow(), BatchSize, stoppingToken) == BatchSize)
                {
                    // There may be more.
                }

                if (await deliveries.NextTryAsync(stoppingToken) - clock.GetUtcNow() is { } next && next < sleep)
                {
                    // What is due already is in another instance's hands: a moment.
                    sleep = next > Moment ? next : Moment;
                }
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                LogStoreAway(exception.GetType().Name);
            }

            await wake.WaitAsync(sleep, stoppingToken);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Messages that wait for their next try cannot be read ({Reason}); trying again")]
    private partial void LogStoreAway(string reason);
}
