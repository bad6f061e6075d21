using Microsoft.AspNetCore.Http.HttpResults;

namespace Inbox.Api;

/// <summary>The refusals of the API, as problem details (RFC 9457) with a stable code in <c>error</c>.</summary>
internal static class Problems
{
    public static ProblemHttpResult BadQuery(string detail) => Problem(StatusCodes.Status400BadRequest, "bad_query", detail);

    public static ProblemHttpResult InvalidJson(string detail) => Problem(StatusCodes.Status400BadRequest, "invalid_json", detail);

    public static ProblemHttpResult Invalid(string detail) => Problem(StatusCodes.Status400BadRequest, "validation_failed", detail);

    public static ProblemHttpResult NotFound(string detail) => Problem(StatusCodes.Status404NotFound, "not_found", detail);

    public static ProblemHttpResult TooLarge(int maxBytes)
        => Problem(StatusCodes.Status413PayloadTooLarge, "payload_too_large", $"The body has more than {maxBytes} bytes.");

    public static ProblemHttpResult NotJson()
        => Problem(StatusCodes.Status415UnsupportedMediaType, "unsupported_media_type", "Content-Type must be application/json.");

    private static ProblemHttpResult Problem(int status, string error, string detail)
        => TypedResults.Problem(detail, statusCode: status, extensions: [new("error", error)]);
}
