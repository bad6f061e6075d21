using Microsoft.AspNetCore.Cors.Infrastructure;
using ServiceDefaults.Http;

namespace IdentityAuth.Http;

/// <summary>What holds for every answer of this API (contract §1.1, resolutions on the gateway).</summary>
internal static class ApiConventions
{
    public const string AnybodyPolicy = "anybody";

    private static readonly string[] RequestHeaders =
    [
        "Authorization", "Content-Type", "Accept-Language", "X-Captcha-Token", "X-Captcha-Type", "X-Fluxer-Platform",
        Sudo.HeaderName, CorrelationId.HeaderName,
    ];

    private static readonly string[] ResponseHeaders =
    [
        Sudo.HeaderName, "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-RateLimit-Global", "Retry-After", CorrelationId.HeaderName,
    ];

    /// <summary>
    /// Nothing is cached unless an operation says so; a path that ends in a slash is another path, which is not there; OPTIONS
    /// answers 204 everywhere, also without a preflight's headers.
    /// </summary>
    public static IApplicationBuilder UseApiConventions(this IApplicationBuilder app)
        => app.Use((context, next) =>
        {
            context.Response.OnStarting(static state =>
            {
                var headers = ((HttpResponse)state).Headers;
                if (headers.CacheControl.Count == 0)
                {
                    headers.CacheControl = "no-store";
                }

                return Task.CompletedTask;
            }, context.Response);

            // Routing would take /sessions/ for /sessions.
            var path = context.Request.Path.Value;
            if (path is { Length: > 1 } && path.EndsWith('/'))
            {
                return IdentityAuthProblems.NotFound.ExecuteAsync(context);
            }

            return next(context);
        });

    /// <summary>OPTIONS without a preflight's headers. Stands behind CORS, which answers preflights.</summary>
    public static IApplicationBuilder UseOptionsAnswer(this IApplicationBuilder app)
        => app.Use((context, next) =>
        {
            if (!HttpMethods.IsOptions(context.Request.Method))
            {
                return next(context);
            }

            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return Task.CompletedTask;
        });

    /// <summary>The configured web applications may call, with the sudo cookie; anybody may read the instance's description.</summary>
    public static void ConfigureCors(CorsOptions cors, IdentityAuthOptions options, PlatformUrls urls)
    {
        cors.AddDefaultPolicy(policy => policy
            .WithOrigins(options.AllowedOrigins.Count > 0 ? [.. options.AllowedOrigins] : [urls.AppOrigin])
            .AllowAnyMethod().AllowCredentials()
            .WithHeaders(RequestHeaders).WithExposedHeaders(ResponseHeaders)
            .SetPreflightMaxAge(TimeSpan.FromHours(1)));
        cors.AddPolicy(AnybodyPolicy, policy => policy
            .AllowAnyOrigin().AllowAnyMethod().AllowAnyHeader()
            .WithExposedHeaders(ResponseHeaders)
            .SetPreflightMaxAge(TimeSpan.FromHours(1)));
    }
}
