using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ServiceDefaults.Http;

/// <summary>The id that ties one request to its log lines and events. Header <c>X-Correlation-Id</c>.</summary>
public static class CorrelationId
{
    public const string HeaderName = "X-Correlation-Id";

    /// <summary>Longest id taken from a client, in characters.</summary>
    public const int MaxLength = 64;

    /// <summary>Name of the id in log scopes and on spans.</summary>
    internal const string ScopeName = "CorrelationId";

    private static readonly AsyncLocal<string?> Ambient = new();

    /// <summary>The id of the request or message at work, or <see langword="null"/> outside one.</summary>
    public static string? Current => Ambient.Value;

    /// <summary>Whether <paramref name="value"/> matches <c>[A-Za-z0-9._-]{1,64}</c>: safe in a header, a log line and an event.</summary>
    public static bool IsValid(string? value)
    {
        if (string.IsNullOrEmpty(value) || value.Length > MaxLength)
        {
            return false;
        }

        foreach (var character in value)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('.' or '_' or '-'))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Takes the id from the request if it matches <c>[A-Za-z0-9._-]{1,64}</c>, else makes a UUID; returns it on every answer.</summary>
    public static IApplicationBuilder UseCorrelationId(this IApplicationBuilder app)
    {
        var logger = app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger("ServiceDefaults.Http.CorrelationId");

        return app.Use(async (context, next) =>
        {
            var given = context.Request.Headers[HeaderName];
            var id = given.Count == 1 && IsValid(given[0]) ? given[0]! : New();

            // A proxy copies the request's headers, so the id of a refused or missing header has to stand there too.
            context.Request.Headers[HeaderName] = id;
            context.Response.OnStarting(SetHeader, (context.Response, id));

            using (Begin(logger, id))
            {
                await next(context);
            }
        });
    }

    /// <summary>A new id: a random UUID (RFC 9562 §5.4).</summary>
    /// <remarks>Unlike <see cref="Guid.NewGuid"/> it asks the system for nothing: nobody gains by guessing it, and every request pays for it.</remarks>
    public static string New()
    {
        Span<byte> bytes = stackalloc byte[16];
        Random.Shared.NextBytes(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40); // version 4
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80); // variant of the RFC
        return new Guid(bytes, bigEndian: true).ToString();
    }

    /// <summary>Makes <paramref name="id"/> the current one, on the span and in every log line until the scope is disposed.</summary>
    /// <remarks>Call it in the async method whose callees are to see the id: an <see cref="AsyncLocal{T}"/> flows down, never up.</remarks>
    internal static Scope Begin(ILogger logger, string id)
    {
        var previous = Ambient.Value;
        Ambient.Value = id;
        if (Activity.Current is { IsAllDataRequested: true } span)
        {
            span.SetTag("correlation.id", id);
        }

        return new Scope(previous, logger.BeginScope(new CorrelationScope(id)));
    }

    // At the start of the answer, because whoever handles an error may have cleared the headers by then.
    private static Task SetHeader(object state)
    {
        var (response, id) = ((HttpResponse, string))state;
        response.Headers[HeaderName] = id;
        return Task.CompletedTask;
    }

    internal readonly struct Scope(string? previous, IDisposable? logScope) : IDisposable
    {
        public void Dispose()
        {
            logScope?.Dispose();
            Ambient.Value = previous;
        }
    }
}
