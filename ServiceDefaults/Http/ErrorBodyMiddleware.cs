using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace ServiceDefaults.Http;

internal sealed partial class ErrorBodyMiddleware(RequestDelegate next, ILogger<ErrorBodyMiddleware> logger)
{
    // What nginx writes for a client that went away; nobody receives it, but it keeps such requests out of the 5xx counts.
    private const int ClientClosedRequest = 499;

    // What describes the answer that failed. Everything else (limits, CORS, Allow, WWW-Authenticate) belongs to the refusal too.
    private static readonly string[] HeadersOfTheFailedAnswer =
    [
        HeaderNames.ContentType, HeaderNames.ContentLength, HeaderNames.ContentEncoding, HeaderNames.ContentLanguage,
        HeaderNames.ContentDisposition, HeaderNames.ContentRange, HeaderNames.ETag, HeaderNames.LastModified, HeaderNames.Expires,
        HeaderNames.Location, HeaderNames.SetCookie, HeaderNames.CacheControl, HeaderNames.TransferEncoding,
    ];

    private static readonly ProblemBodyWriter Fallback = new();

    public async Task InvokeAsync(HttpContext context)
    {
        int status;
        try
        {
            await next(context);

            if (context.Response.StatusCode < 400 || !IsEmpty(context.Response))
            {
                return;
            }

            status = context.Response.StatusCode;
        }
        catch (Exception exception)
        {
            status = StatusOf(context, exception);
            if (context.Response.HasStarted)
            {
                // Half an answer must not look like a whole one: reset the connection instead of ending the body.
                context.Abort();
                return;
            }

            if (status == ClientClosedRequest)
            {
                context.Response.StatusCode = status;
                return;
            }

            foreach (var header in HeadersOfTheFailedAnswer)
            {
                context.Response.Headers.Remove(header);
            }

            context.Response.StatusCode = status;
        }

        await WriteAsync(context, status);
    }

    private int StatusOf(HttpContext context, Exception exception)
    {
        switch (exception)
        {
            case not BadHttpRequestException when context.RequestAborted.IsCancellationRequested:
                LogClientGone(context.Request.Method);
                return ClientClosedRequest;

            case BadHttpRequestException badRequest:
                // 408, 411, 413, 431 …: the server's own words about what the client sent. Nothing else may be in here.
                LogBadRequest(badRequest.StatusCode, badRequest.Message);
                return badRequest.StatusCode is >= 400 and < 500 ? badRequest.StatusCode : StatusCodes.Status400BadRequest;

            case var _ when DependencyFailure.IsUnavailable(exception):
                LogUnavailable(DependencyFailure.Describe(exception), context.Request.Method, RouteOf(context), exception);
                return StatusCodes.Status503ServiceUnavailable;

            default:
                LogUnexpected(exception, context.Request.Method, RouteOf(context));
                return StatusCodes.Status500InternalServerError;
        }
    }

    private static async Task WriteAsync(HttpContext context, int status)
    {
        var response = context.Response;
        if (status == StatusCodes.Status503ServiceUnavailable && response.Headers.RetryAfter.Count == 0)
        {
            // Spread out, so that the clients of one outage do not come back in one wave.
            response.Headers.RetryAfter = Random.Shared.Next(1, 6).ToString(CultureInfo.InvariantCulture);
        }

        if (response.Headers.CacheControl.Count == 0)
        {
            response.Headers.CacheControl = "no-store";
        }

        // To a HEAD too: the server sends the headers of a GET and drops the body (RFC 9110 §9.3.2).
        await (context.RequestServices.GetService<IErrorBodyWriter>() ?? Fallback).WriteAsync(context, status);
    }

    private static bool IsEmpty(HttpResponse response)
        => !response.HasStarted && response.ContentLength is null or 0 && string.IsNullOrEmpty(response.ContentType);

    // The pattern and not the path: paths carry codes and tokens.
    private static string RouteOf(HttpContext context)
        => (context.GetEndpoint() as Microsoft.AspNetCore.Routing.RouteEndpoint)?.RoutePattern.RawText ?? "(no route)";

    [LoggerMessage(1, LogLevel.Debug, "The client went away during {Method}")]
    private partial void LogClientGone(string method);

    [LoggerMessage(2, LogLevel.Debug, "Refused as {Status}: {Reason}")]
    private partial void LogBadRequest(int status, string reason);

    [LoggerMessage(3, LogLevel.Warning, "{Dependency} is away or too slow: {Method} {Route} answered 503")]
    private partial void LogUnavailable(string dependency, string method, string route, Exception exception);

    [LoggerMessage(4, LogLevel.Error, "{Method} {Route} failed")]
    private partial void LogUnexpected(Exception exception, string method, string route);
}
