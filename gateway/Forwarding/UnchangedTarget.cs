using Gateway.Edge;
using Yarp.ReverseProxy.Transforms;

namespace Gateway.Forwarding;

/// <summary>
/// Sends path and query on as the client wrote them. YARP builds them anew from the decoded path, in which <c>%252F</c> and
/// <c>%2F</c> are the same; a service would then see another path than the one that was routed.
/// </summary>
internal sealed class UnchangedTarget(bool removeFirstSegment) : RequestTransform
{
    /// <summary>
    /// Above this size the service is asked first (Expect: 100-continue, RFC 9110 §10.1.1), so that its refusal is read instead
    /// of lost in a connection that it closes on a body it does not want. The smallest limit of any operation is 4 096 bytes.
    /// </summary>
    private const long AskFirstBytes = 4096;

    private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

    public override ValueTask ApplyAsync(RequestTransformContext context)
    {
        var target = RequestTarget.Of(context.HttpContext);
        if (removeFirstSegment)
        {
            target = RequestTarget.WithoutFirstSegment(target);
        }

        context.ProxyRequest.RequestUri = new Uri(string.Concat(context.DestinationPrefix, target), AsWritten);

        if (context.HttpContext.Request.ContentLength > AskFirstBytes)
        {
            context.ProxyRequest.Headers.ExpectContinue = true;
        }

        return ValueTask.CompletedTask;
    }
}
