using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace Gateway.Forwarding;

/// <summary>Sees to it that every request goes on with its length said.</summary>
/// <remarks>
/// A body without a length is read before anything is sent on. A service can then refuse it by its size before it reads any;
/// otherwise it would have to break off in the middle, and its answer could be lost with the connection. The bytes stay where
/// the server has put them, in its pooled memory; all such bodies together have a bound.
/// </remarks>
internal sealed class BodyLengths(IOptions<GatewayOptions> options)
{
    private long _held;

    /// <summary>Whether there is a body that <see cref="HoldAsync"/> has to read.</summary>
    public static bool IsUnknown(HttpContext context)
    {
        if (context.Request.ContentLength is not null)
        {
            return false;
        }

        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true })
        {
            return true;
        }

        if (!IsSafe(context.Request.Method))
        {
            // SocketsHttpHandler repeats a request without content when the connection ends before an answer, up to three
            // times and whatever its method. Zero bytes are content, and it has sent them.
            context.Request.ContentLength = 0;
        }

        return false;
    }

    /// <summary>Bytes now held for <paramref name="context"/>, to be given back with <see cref="Release"/>; −1: there is no room.</summary>
    /// <exception cref="BadHttpRequestException">The body is too large, broken or too slow.</exception>
    /// <exception cref="OperationCanceledException">The client went away or its time was over.</exception>
    public async ValueTask<long> HoldAsync(HttpContext context)
    {
        var body = context.Request.BodyReader;
        var length = 0L;
        var complete = false;
        try
        {
            while (!complete)
            {
                var result = await body.ReadAsync(context.RequestAborted);
                var added = result.Buffer.Length - length;
                length += added;
                complete = result.IsCompleted;

                // Not examined: the next reader gets everything at once. Examined: wait for more.
                body.AdvanceTo(result.Buffer.Start, complete ? result.Buffer.Start : result.Buffer.End);
                if (Interlocked.Add(ref _held, added) > options.Value.MaxHeldBodyBytes)
                {
                    complete = false;
                    return -1;
                }
            }
        }
        catch (IOException exception) when (exception is not BadHttpRequestException)
        {
            // The server reports some broken chunk sizes so.
            throw new BadHttpRequestException("The request body is not framed as HTTP says.", exception);
        }
        finally
        {
            if (!complete)
            {
                Release(length);
            }
        }

        context.Request.Headers.TransferEncoding = default;
        context.Request.ContentLength = length;
        return length;
    }

    private static bool IsSafe(string method)
        => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);

    public void Release(long bytes) => Interlocked.Add(ref _held, -bytes);
}
