using Yarp.ReverseProxy.Model;

namespace Gateway.Errors;

/// <summary>Gives a body to what the gateway refuses without one: unknown paths, wrong methods, faults. Services' answers pass.</summary>
internal sealed partial class UnansweredRequests(RequestDelegate next, ErrorAnswer errors, ILogger<UnansweredRequests> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var status = 0;
        try
        {
            await next(context);
        }
        catch (BadHttpRequestException exception)
        {
            status = exception.StatusCode;
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return;
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            LogFault(exception, context.Request.Method);
            status = StatusCodes.Status500InternalServerError;
        }

        if (context.Response.HasStarted)
        {
            return;
        }

        if (status == 0 && context.Response.StatusCode >= StatusCodes.Status400BadRequest && !CameFromService(context))
        {
            status = context.Response.StatusCode;
        }

        if (status != 0)
        {
            await errors.WriteAsync(context, status);
        }
    }

    private static bool CameFromService(HttpContext context) => context.Features.Get<IReverseProxyFeature>() is not null;

    [LoggerMessage(LogLevel.Error, "The gateway failed on a {Method} request.")]
    private partial void LogFault(Exception exception, string method);
}
