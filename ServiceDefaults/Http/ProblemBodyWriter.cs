using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace ServiceDefaults.Http;

/// <summary>Problem details (RFC 9457) with a stable code in <c>error</c>, for whoever has no shape of its own.</summary>
internal sealed class ProblemBodyWriter : IErrorBodyWriter
{
    public Task WriteAsync(HttpContext context, int status)
    {
        var title = ReasonPhrases.GetReasonPhrase(status);
        if (title.Length == 0)
        {
            title = "Error";
        }

        RefusalReason.Tell(context, Code(title));
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/problem+json";
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new { type = "about:blank", title, status, detail = Detail(status), error = Code(title) });
        context.Response.ContentLength = body.Length;
        return context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    private static string Detail(int status) => status switch
    {
        StatusCodes.Status404NotFound => "There is nothing at this path.",
        StatusCodes.Status405MethodNotAllowed => "This path does not know this method.",
        StatusCodes.Status413PayloadTooLarge => "The body is larger than this path accepts.",
        StatusCodes.Status415UnsupportedMediaType => "This path does not read this media type.",
        StatusCodes.Status429TooManyRequests => "Too many requests; wait before the next one.",
        StatusCodes.Status503ServiceUnavailable => "The service cannot answer right now; try again shortly.",
        >= 500 => "The service could not answer this request.",
        _ => "The request was refused.",
    };

    private static string Code(string title)
        => string.Create(title.Length, title, static (code, title) =>
        {
            for (var index = 0; index < code.Length; index++)
            {
                code[index] = char.IsAsciiLetterOrDigit(title[index]) ? char.ToLowerInvariant(title[index]) : '_';
            }
        });
}
