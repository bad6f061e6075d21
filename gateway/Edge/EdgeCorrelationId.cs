using System.Diagnostics;
using ServiceDefaults.Http;

namespace Gateway.Edge;

/// <summary>
/// Gives every request one correlation id, by the rule that all services share. It goes to the service in place of whatever the
/// client sent, back on every answer, and on the span.
/// </summary>
/// <remarks>
/// ServiceDefaults' own middleware makes it ambient as well, for log lines and events deep inside a service. Here every request
/// would pay for that, and the few lines that the gateway logs name the id themselves.
/// </remarks>
internal sealed class EdgeCorrelationId(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        var headers = context.Request.Headers;
        if (headers[CorrelationId.HeaderName] is not [var id] || !CorrelationId.IsValid(id))
        {
            id = CorrelationId.New();
            headers[CorrelationId.HeaderName] = id;
        }

        if (Activity.Current is { IsAllDataRequested: true } span)
        {
            span.SetTag("correlation.id", id);
        }

        // At the start of the answer, because the service sends the same id, and a proxied header would be added to ours.
        context.Response.OnStarting(
            static state =>
            {
                var context = (HttpContext)state;
                context.Response.Headers[CorrelationId.HeaderName] = Of(context);
                return Task.CompletedTask;
            },
            context);
        return next(context);
    }

    public static string Of(HttpContext context) => context.Request.Headers[CorrelationId.HeaderName].ToString();
}
