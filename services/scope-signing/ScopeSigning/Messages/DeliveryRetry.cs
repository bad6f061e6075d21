using System.Globalization;
using MassTransit;
using Microsoft.Extensions.Options;
using ScopeSigning.Delivery;

namespace ScopeSigning.Messages;

/// <summary>
/// Five tries with growing pauses, then the <c>_error</c> queue, when it is the provider that fails; an outage of ours is waited for as
/// everywhere. And two at a time in each queue, since each holds a connection to
/// Postgres while the provider works: a provider that stalls must not take the connections away from the requests.
/// </summary>
internal static class DeliveryRetry
{
    private const int ConcurrentMessages = 2;

    public static void UseDeliveryRetry(this IReceiveEndpointConfigurator endpoint, IOptions<ScopeSigningOptions> options)
    {
        var pauses = options.Value.Delivery.RetryPauses
            .Split(',', StringSplitOptions.RemoveEmptyEntries)
            .Select(static pause => TimeSpan.FromSeconds(double.Parse(pause, CultureInfo.InvariantCulture)))
            .ToArray();
        endpoint.ConcurrentMessageLimit = ConcurrentMessages;
        if (pauses.Length > 0)
        {
            endpoint.UseMessageRetry(retry =>
            {
                retry.Handle<DeliveryException>();
                retry.Intervals(pauses);
            });
        }
    }
}
