namespace Gateway.Errors;

/// <summary>The codes of gateway-made errors in the two spellings that more than one family uses.</summary>
internal static class ErrorCodes
{
    public static string LowerSnakeCase(int status) => status switch
    {
        StatusCodes.Status400BadRequest => "bad_request",
        StatusCodes.Status401Unauthorized => "unauthorized",
        StatusCodes.Status403Forbidden => "forbidden",
        StatusCodes.Status404NotFound => "not_found",
        StatusCodes.Status405MethodNotAllowed => "method_not_allowed",
        StatusCodes.Status408RequestTimeout => "request_timeout",
        StatusCodes.Status413PayloadTooLarge => "payload_too_large",
        StatusCodes.Status414UriTooLong => "uri_too_long",
        StatusCodes.Status429TooManyRequests => "rate_limited",
        StatusCodes.Status431RequestHeaderFieldsTooLarge => "headers_too_large",
        StatusCodes.Status503ServiceUnavailable or StatusCodes.Status504GatewayTimeout => "service_unavailable",
        _ => "internal_error",
    };

    public static string UpperSnakeCase(int status) => status switch
    {
        StatusCodes.Status400BadRequest => "BAD_REQUEST",
        StatusCodes.Status401Unauthorized => "UNAUTHORIZED",
        StatusCodes.Status403Forbidden => "FORBIDDEN",
        StatusCodes.Status404NotFound => "NOT_FOUND",
        StatusCodes.Status405MethodNotAllowed => "METHOD_NOT_ALLOWED",
        StatusCodes.Status408RequestTimeout => "REQUEST_TIMEOUT",
        StatusCodes.Status413PayloadTooLarge => "PAYLOAD_TOO_LARGE",
        StatusCodes.Status414UriTooLong => "URI_TOO_LONG",
        StatusCodes.Status429TooManyRequests => "RATE_LIMITED",
        StatusCodes.Status431RequestHeaderFieldsTooLarge => "HEADERS_TOO_LARGE",
        StatusCodes.Status503ServiceUnavailable or StatusCodes.Status504GatewayTimeout => "SERVICE_UNAVAILABLE",
        _ => "INTERNAL_SERVER_ERROR",
    };
}
