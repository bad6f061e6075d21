using Gateway.Edge;
using Gateway.Errors;
using Gateway.Health;
using Gateway.Routing;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace Gateway.Forwarding;

/// <summary>
/// The outermost step of YARP's pipeline: admits a request, gives it its time, sends it to another instance when one refused
/// the connection, and answers when no instance did.
/// </summary>
/// <remarks>
/// The steps between this one and load balancing run again for each instance that is tried: an exchanged session token is an access
/// token by then.
/// </remarks>
internal sealed partial class ForwardRequest(
    RequestDelegate next,
    ErrorAnswer errors,
    Bulkheads bulkheads,
    BodyLengths bodies,
    IDestinationHealthUpdater health,
    SilentInstances silent,
    IOptions<GatewayOptions> options,
    ILogger<ForwardRequest> logger)
{
    /// <summary>
    /// How long an instance that refused a connection is left out before the next try; a probe says so earlier or later.
    /// </summary>
    private static readonly TimeSpan RefusedFor = TimeSpan.FromSeconds(2);

    public async Task InvokeAsync(HttpContext context)
    {
        var route = context.GetEndpoint()!.Metadata.GetRequiredMetadata<GatewayRoute>();
        var bulkhead = bulkheads.For(route);
        if (!bulkhead.TryEnter())
        {
            await errors.WriteAsync(context, StatusCodes.Status503ServiceUnavailable);
            return;
        }

        var deadline = route.EventStream ? null : Deadline.Start(context, options.Value.RequestTimeout);
        context.Features.Set(deadline);
        int? failure;
        var heldBytes = 0L;
        try
        {
            heldBytes = await bodies.SettleAsync(context);
            if (heldBytes < 0)
            {
                failure = StatusCodes.Status503ServiceUnavailable;
            }
            else
            {
                failure = await ForwardAsync(context) ? FailureOf(context, deadline) : StatusCodes.Status503ServiceUnavailable;
            }
        }
        catch (OperationCanceledException) when (deadline?.HasPassed == true)
        {
            failure = StatusCodes.Status408RequestTimeout;
        }
        finally
        {
            bodies.Release(Math.Max(0, heldBytes));
            deadline?.Stop(context);
            bulkhead.Leave();
        }

        if (failure is { } status)
        {
            await AnswerAsync(context, route, status);
        }
    }

    /// <returns>Whether there was an instance to send it to.</returns>
    private async Task<bool> ForwardAsync(HttpContext context)
    {
        var proxy = context.GetReverseProxyFeature();
        if (silent.Any && !LeaveOutSilentInstances(proxy))
        {
            return false;
        }

        await next(context);

        if (WasRefused(context))
        {
            await TryOtherInstancesAsync(context, proxy);
        }

        return true;
    }

    private bool LeaveOutSilentInstances(IReverseProxyFeature proxy)
    {
        var some = proxy.AvailableDestinations.Count > 0;
        proxy.AvailableDestinations = [.. proxy.AvailableDestinations.Where(instance => !silent.Contains(instance))];
        return !some || proxy.AvailableDestinations.Count > 0;
    }

    private async Task TryOtherInstancesAsync(HttpContext context, IReverseProxyFeature proxy)
    {
        var untried = proxy.AllDestinations.ToList();
        do
        {
            var refusing = proxy.ProxiedDestination!;
            untried.Remove(refusing);
            health.SetPassive(proxy.Route.Cluster!, refusing, DestinationHealth.Unhealthy, RefusedFor);
            if (untried.Count == 0 || context.RequestAborted.IsCancellationRequested)
            {
                return;
            }

            // Those that are thought to be well first, the others rather than none.
            var well = untried.Where(IsWell).ToList();
            proxy.AvailableDestinations = well.Count > 0 ? well : untried;
            context.Features.Set<IForwarderErrorFeature>(null);
            context.Response.StatusCode = StatusCodes.Status200OK;
            await next(context);
        }
        while (WasRefused(context));
    }

    private static bool IsWell(DestinationState instance)
        => instance.Health is { Active: not DestinationHealth.Unhealthy, Passive: not DestinationHealth.Unhealthy };

    private static bool WasRefused(HttpContext context)
        => context.GetForwarderErrorFeature() is { Exception: { } exception }
            && Connection.WasRefused(exception)
            && !context.Response.HasStarted;

    /// <summary>The status to answer with when the forwarder failed before the answer began.</summary>
    private static int? FailureOf(HttpContext context, Deadline? deadline)
    {
        if (context.GetForwarderErrorFeature() is not { } failure || context.Response.HasStarted)
        {
            return null;
        }

        if (deadline?.HasPassed == true)
        {
            return StatusCodes.Status504GatewayTimeout;
        }

        return failure.Error switch
        {
            // The client is gone; the status is for the metrics.
            ForwarderError.RequestCanceled or ForwarderError.RequestBodyCanceled => null,
            ForwarderError.RequestBodyClient => context.Response.StatusCode,
            ForwarderError.RequestCreation => StatusCodes.Status400BadRequest,
            ForwarderError.RequestTimedOut when !WasRefused(context) => StatusCodes.Status504GatewayTimeout,
            _ => StatusCodes.Status503ServiceUnavailable,
        };
    }

    private Task AnswerAsync(HttpContext context, GatewayRoute route, int status)
    {
        if (context.GetForwarderErrorFeature() is { Error: not ForwarderError.NoAvailableDestinations } failure)
        {
            LogFailure(route.Service, failure.Error, Reason(failure.Exception), status, EdgeCorrelationId.Of(context));
        }

        return status == StatusCodes.Status503ServiceUnavailable && errors.TryWritePreflight(context)
            ? Task.CompletedTask
            : errors.WriteAsync(context, status);
    }

    // The message of an exception may quote what the client sent.
    private static string Reason(Exception? exception) => exception switch
    {
        HttpRequestException request => request.HttpRequestError.ToString(),
        null => "none",
        _ => exception.GetBaseException().GetType().Name,
    };

    [LoggerMessage(LogLevel.Warning, "A request to {Service} failed: {Error}, {Reason}; answered {Status}, correlation id {CorrelationId}.")]
    private partial void LogFailure(string service, ForwarderError error, string reason, int status, string correlationId);
}
