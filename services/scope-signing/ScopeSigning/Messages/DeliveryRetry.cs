using System.Globalization;
using MassTransit;
using Microsoft.Extensions.Options;

namespace ScopeSigning.Messages;

/// <summary>
/// Five tries with growing pauses, then the <c>_error</c> queue; and two at a time in each queue, since each holds a connection to
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
            endpoint.UseMessageRetry(retry => retry.Intervals(pauses));
        }
    }
}
