using Yarp.ReverseProxy.Transforms;

namespace Gateway.Forwarding;

/// <summary>
/// Sends the headers of an event stream as soon as they are there. YARP sends them with the first byte of the body, and a
/// browser would wait for its <c>open</c> event until something happens.
/// </summary>
internal sealed class EarlyStreamHeaders : ResponseTransform
{
    public override async ValueTask ApplyAsync(ResponseTransformContext context)
    {
        if (context.ProxyResponse?.Content.Headers.ContentType?.MediaType == "text/event-stream")
        {
            await context.HttpContext.Response.Body.FlushAsync(context.CancellationToken);
        }
    }
}
