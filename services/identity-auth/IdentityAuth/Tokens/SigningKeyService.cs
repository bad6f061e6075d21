namespace IdentityAuth.Tokens;

/// <summary>Rotates the signing keys when their time comes and keeps them in memory.</summary>
internal sealed partial class SigningKeyService(
    SigningKeyRotation rotation, SigningKeyRing ring, TimeProvider clock, ILogger<SigningKeyService> logger) : BackgroundService
{
    /// <summary>How soon a key that another instance made is known here; far below <see cref="SigningKeyRotation.Announcement"/>.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    /// <summary>Before the service is ready there are keys to publish and to sign with.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await RunOnceAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await RunOnceAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // Postgres away: the keys in memory go on serving.
                LogFailed(exception.GetType().Name);
            }
        }
    }

    private async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        await rotation.RunAsync(cancellationToken);
        await ring.RefreshAsync(cancellationToken);
    }

    [LoggerMessage(1, LogLevel.Warning, "The signing keys could not be read ({Reason}); trying again")]
    private partial void LogFailed(string reason);
}
