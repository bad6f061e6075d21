using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using ServiceDefaults.Health;

namespace ServiceDefaults.Telemetry;

/// <summary>
/// Adds to the server's span what ASP.NET Core's own leaves out (OpenTelemetry HTTP semantic conventions): method, route, status.
/// The route, never the path, because paths carry codes and tokens.
/// </summary>
internal sealed class RequestSpanStartupFilter : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(InvokeAsync);
        next(app);
    };

    private static async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var activity = context.Features.Get<IHttpActivityFeature>()?.Activity;
        if (activity is null)
        {
            await next(context);
            return;
        }

        if (context.Request.Path == HealthExtensions.HealthPath || context.Request.Path == HealthExtensions.AlivePath)
        {
            SpanFilter.MarkAsProbe(activity);
        }

        try
        {
            await next(context);
        }
        finally
        {
            if (activity.IsAllDataRequested)
            {
                activity.SetTag("http.request.method", context.Request.Method);
                activity.SetTag("http.response.status_code", context.Response.StatusCode);
                if (context.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: { } route })
                {
                    activity.SetTag("http.route", route);
                    activity.DisplayName = $"{context.Request.Method} {route}";
                }
            }
        }
    }
}
