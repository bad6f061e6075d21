namespace DeviceRegistry.Http;

/// <summary>What holds for every answer of this API (contract §1).</summary>
internal static class ApiConventions
{
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

            if (HttpMethods.IsOptions(context.Request.Method))
            {
                context.Response.StatusCode = StatusCodes.Status204NoContent;
                return Task.CompletedTask;
            }

            // Routing would take /status/ for /status.
            var path = context.Request.Path.Value;
            if (path is { Length: > 1 } && path.EndsWith('/'))
            {
                return DeviceRegistryProblems.NotFound.ExecuteAsync(context);
            }

            return next(context);
        });
}
