using Gateway.Edge;
using Gateway.Errors;
using Gateway.Routing;

namespace Gateway.Sessions;

/// <summary>
/// On device-registry's paths: puts an access token in the place of a session token (platform design §5). Whatever else a request
/// carries goes on unchanged, for the service to judge.
/// </summary>
internal sealed class ExchangeSession(RequestDelegate next, SessionExchange exchange, ErrorAnswer errors)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (context.GetEndpoint()!.Metadata.GetRequiredMetadata<GatewayRoute>().Service != ServiceNames.DeviceRegistry
            || HttpMethods.IsOptions(request.Method)
            || SessionToken.Find(request) is not { } token)
        {
            await next(context);
            return;
        }

        var result = await exchange.GetAsync(token, ClientAddress.Of(context), EdgeCorrelationId.Of(context), context.RequestAborted);
        if (result.Authorization is null)
        {
            await errors.WriteAsync(context, result.Status);
            return;
        }

        request.Headers.Authorization = result.Authorization;
        // It may hold the session token, which is nobody's business any more; the service reads nothing else from it.
        request.Headers.Cookie = default;
        await next(context);
    }
}
