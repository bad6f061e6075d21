namespace DeviceRegistry.Streams;

/// <summary>Says goodbye on every stream when the service stops: clients reconnect, and another instance goes on where this one ended.</summary>
internal sealed class StreamShutdown(StreamHub hub, IHostApplicationLifetime lifetime) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStopping.Register(hub.Shutdown);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
