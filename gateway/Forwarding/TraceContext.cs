using System.Diagnostics;
using Yarp.ReverseProxy.Transforms;

namespace Gateway.Forwarding;

/// <summary>
/// Hands the trace on (W3C Trace Context): the service's span becomes a child of the gateway's own.
/// </summary>
/// <remarks>
/// HttpClient would do it too, with a span of its own between the two that says nothing new and costs every request; its
/// propagator is switched off. A request without a span keeps the header that the client sent.
/// </remarks>
internal sealed class TraceContext : RequestTransform
{
    public override ValueTask ApplyAsync(RequestTransformContext context)
    {
        DistributedContextPropagator.Current.Inject(
            Activity.Current,
            context.ProxyRequest.Headers,
            static (carrier, name, value) =>
            {
                var headers = (System.Net.Http.Headers.HttpRequestHeaders)carrier!;
                headers.Remove(name);
                headers.TryAddWithoutValidation(name, value);
            });
        return ValueTask.CompletedTask;
    }
}
