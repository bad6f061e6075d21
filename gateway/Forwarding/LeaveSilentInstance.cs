using Gateway.Edge;
using Gateway.Health;
using Yarp.ReverseProxy.Model;

namespace Gateway.Forwarding;

/// <summary>
/// Ends a request whose instance falls silent while it is at work: its client would wait for the whole time of a request otherwise. It
/// may have been carried out, so it is answered with a time-out and not sent again.
/// </summary>
internal sealed class LeaveSilentInstance(RequestDelegate next, SilentInstances silent)
{
    public Task InvokeAsync(HttpContext context)
    {
        // Load balancing has left one. An event stream has no deadline: it may be quiet for as long as it likes.
        return context.Features.Get<Deadline>() is { } deadline && context.GetReverseProxyFeature().AvailableDestinations is [var instance]
            ? InvokeAsync(context, deadline, instance)
            : next(context);
    }

    private async Task InvokeAsync(HttpContext context, Deadline deadline, DestinationState instance)
    {
        await using (silent.SilenceOf(instance).UnsafeRegister(static deadline => ((Deadline)deadline!).Pass(), deadline))
        {
            await next(context);
        }
    }
}
