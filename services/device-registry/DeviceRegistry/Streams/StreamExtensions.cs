using DeviceRegistry.Data;

namespace DeviceRegistry.Streams;

/// <summary>Presence and event streams, as parts of the service.</summary>
internal static class StreamExtensions
{
    public static void AddStreams(this IServiceCollection services)
    {
        services.AddSingleton<StreamKeys>();
        services.AddSingleton<EventBuffer>();
        services.AddSingleton<StreamPlaces>();
        services.AddSingleton<StreamHub>();
        services.AddSingleton<StreamMetrics>();
        services.AddHostedService<FeedWorkers>();
        services.AddHostedService<StreamClock>();
        services.AddHostedService<StreamShutdown>();

        services.AddSingleton<RevokedSessionStore>();
        services.AddSingleton<StreamGuard>();
        services.AddHostedService(provider => provider.GetRequiredService<StreamGuard>());

        services.AddSingleton<HeartbeatCalls>();
        services.AddSingleton<PresenceStore>();
        services.AddSingleton<ILastSeenReader>(provider => provider.GetRequiredService<PresenceStore>());
        services.AddSingleton<LastSeenWriter>();
        services.AddHostedService(provider => provider.GetRequiredService<LastSeenWriter>());
        services.AddSingleton<OfflineSweeper>();
        services.AddHostedService(provider => provider.GetRequiredService<OfflineSweeper>());
    }
}
