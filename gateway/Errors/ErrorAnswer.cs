using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using Gateway.Edge;
using Gateway.Routing;
using ServiceDefaults.Http;

namespace Gateway.Errors;

/// <summary>Writes the errors that the gateway makes, each in the shape of the API family that its path belongs to.</summary>
internal sealed class ErrorAnswer(IEnumerable<ApiFamily> families, TimeProvider clock)
{
    /// <summary>Seconds after which a service that is away is worth another try: it is probed more often than that.</summary>
    private const int RetryAfterSeconds = 1;

    private readonly FrozenDictionary<string, ApiFamily> _families = families.ToFrozenDictionary(family => family.Service ?? string.Empty);

    public Task WriteAsync(HttpContext context, int status) => WriteAsync(context, status, limit: null);

    public Task WriteTooManyRequestsAsync(HttpContext context, LimitRefusal limit)
        => WriteAsync(context, StatusCodes.Status429TooManyRequests, limit);

    /// <summary>
    /// Answers a preflight request for a service that cannot: without it a browser would hide the 503 of the request that follows.
    /// </summary>
    public bool TryWritePreflight(HttpContext context)
    {
        if (!HttpMethods.IsOptions(context.Request.Method) || FamilyOf(context).CorsFor(context.Request.Path) is not { } cors)
        {
            return false;
        }

        context.Response.Clear();
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        context.Response.Headers.CacheControl = "no-store";
        cors.ApplyPreflightTo(context);
        return true;
    }

    private async Task WriteAsync(HttpContext context, int status, LimitRefusal? limit)
    {
        var family = FamilyOf(context);
        var error = new GatewayError(family.StatusFor(status), limit, EdgeCorrelationId.Of(context), clock.GetUtcNow());

        RefusalReason.Tell(context, ErrorCodes.LowerSnakeCase(error.Status));
        var response = context.Response;
        var allow = response.Headers.Allow;
        response.Clear();
        response.StatusCode = error.Status;
        response.ContentType = family.MediaType;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.Allow = allow;
        response.Headers.RetryAfter = RetryAfter(error);
        if (status is StatusCodes.Status408RequestTimeout or StatusCodes.Status413PayloadTooLarge)
        {
            // What the client still sends is not read.
            response.Headers.Connection = "close";
        }

        family.AddHeaders(response.Headers, error);
        family.CorsFor(context.Request.Path)?.ApplyTo(context);

        var body = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            family.WriteMembers(json, error);
            json.WriteEndObject();
        }

        response.ContentLength = body.WrittenCount;
        await response.Body.WriteAsync(body.WrittenMemory, context.RequestAborted);
    }

    private ApiFamily FamilyOf(HttpContext context)
    {
        var service = context.GetEndpoint()?.Metadata.GetMetadata<GatewayRoute>()?.Service ?? RouteTable.ServiceOf(context.Request.Path);
        return _families[service ?? string.Empty];
    }

    private static string? RetryAfter(in GatewayError error) => error switch
    {
        { Limit: { } limit } => Math.Max(1, Math.Ceiling(limit.RetryAfter.TotalSeconds)).ToString("F0", CultureInfo.InvariantCulture),
        { Status: StatusCodes.Status503ServiceUnavailable or StatusCodes.Status504GatewayTimeout } => RetryAfterSeconds.ToString(CultureInfo.InvariantCulture),
        _ => null,
    };
}
