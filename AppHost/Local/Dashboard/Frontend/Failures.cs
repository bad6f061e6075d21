namespace Aspire.Hosting.Local.Dashboard.Frontend;

/// <summary>What no endpoint answered: an error with a short body, never the text of an exception.</summary>
internal static class Failures
{
    public static void UseFailures(this IApplicationBuilder app, ILogger logger) => app.Use(async (context, next) =>
    {
        try
        {
            await next(context);
            if (!context.Response.HasStarted && context.Response is { StatusCode: >= 400, ContentType: null })
            {
                await Answers.ErrorAsync(context, context.Response.StatusCode, context.Response.StatusCode switch
                {
                    StatusCodes.Status404NotFound => "There is nothing here.",
                    StatusCodes.Status405MethodNotAllowed => "This method is not for this address.",
                    StatusCodes.Status421MisdirectedRequest => "Only loopback names are answered here.",
                    _ => "The request was refused.",
                });
            }
        }
#pragma warning disable CA1031 // Whatever came of it, there is nobody to tell.
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
#pragma warning restore CA1031
        {
            // The client went away.
        }
        catch (BadHttpRequestException exception) when (!context.Response.HasStarted)
        {
            await Answers.ErrorAsync(context, exception.StatusCode, "The request cannot be read.");
        }
#pragma warning disable CA1031 // The last place where an exception can be caught.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            logger.LogError(exception, "The dashboard failed at {Path}.", context.Request.Path);
            if (context.Response.HasStarted)
            {
                context.Abort();
                return;
            }

            await Answers.ErrorAsync(context, StatusCodes.Status500InternalServerError, "The dashboard failed.");
        }
    });
}
