using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace Gateway.Forwarding;

/// <summary>
/// Reads a body that has no Content-Length before anything is sent on, and gives it one. A service can then refuse it by its
/// size before it reads any; otherwise it would have to break off in the middle, and its answer could be lost with the connection.
/// </summary>
/// <remarks>The bytes stay where the server has put them, in its pooled memory; all such bodies together have a bound.</remarks>
internal sealed class BodiesOfUnknownLength(IOptions<GatewayOptions> options)
{
    private long _held;

    public static bool Has(HttpContext context)
        => context.Request.ContentLength is null
            && context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true };

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

    public void Release(long bytes) => Interlocked.Add(ref _held, -bytes);
}
