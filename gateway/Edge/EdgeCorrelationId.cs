using System.Buffers;
using ServiceDefaults.Http;

namespace Gateway.Edge;

/// <summary>
/// Gives every request one correlation id, the client's if it fits <c>[A-Za-z0-9._-]{1,64}</c>, else a new UUID. It goes to the
/// service in place of whatever the client sent, and back on every answer.
/// </summary>
internal sealed class EdgeCorrelationId(RequestDelegate next)
{
    private const int MaxLength = 64;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    public Task InvokeAsync(HttpContext context)
    {
        var sent = context.Request.Headers[CorrelationId.HeaderName];
        if (sent is not [{ Length: > 0 and <= MaxLength } id] || id.AsSpan().ContainsAnyExcept(Allowed))
        {
            context.Request.Headers[CorrelationId.HeaderName] = Guid.NewGuid().ToString();
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
