using Microsoft.AspNetCore.Builder;

namespace ServiceDefaults.Http;

/// <summary>The id that ties one request to its log lines and events. Header <c>X-Correlation-Id</c>.</summary>
public static class CorrelationId
{
    public const string HeaderName = "X-Correlation-Id";

    /// <summary>The id of the request at work, or <see langword="null"/> outside one.</summary>
    public static string? Current => throw new NotSupportedException();

    /// <summary>Takes the id from the request if it matches <c>[A-Za-z0-9._-]{1,64}</c>, else makes a UUID; returns it on every answer.</summary>
    public static IApplicationBuilder UseCorrelationId(this IApplicationBuilder app) => throw new NotSupportedException();
}
