using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace ServiceDefaults.Discovery;

internal static class DiscoveryExtensions
{
    /// <summary>An instance on the same network answers in milliseconds; one that does not within this is gone.</summary>
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    /// <summary>For a whole call; the gateway gives up after 30 s, so a longer wait has nobody to answer to.</summary>
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(20);

    /// <summary>After this long a kept connection is made anew, so that a changed DNS entry counts.</summary>
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(2);

    public static void AddServiceDiscovery(this IHostApplicationBuilder builder)
    {
        builder.Services.TryAddSingleton<ServiceEndpoints>();
        builder.Services.TryAddTransient<DiscoveryHandler>();
        builder.Services.TryAddTransient<RetryHandler>();
        builder.Services.ConfigureHttpClientDefaults(http =>
        {
            http.ConfigureHttpClient(client => client.Timeout = CallTimeout);
            http.UseSocketsHttpHandler((handler, _) =>
            {
                handler.ConnectTimeout = ConnectTimeout;
                handler.PooledConnectionLifetime = ConnectionLifetime;
            });
            http.AddHttpMessageHandler<RetryHandler>();
            http.AddHttpMessageHandler<DiscoveryHandler>();
        });
    }
}
