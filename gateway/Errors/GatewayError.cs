using System.Runtime.InteropServices;
using Gateway.Edge;

namespace Gateway.Errors;

/// <summary>An error that the gateway itself makes, before it has the shape of a family.</summary>
/// <param name="Status">HTTP status, as the family spells it.</param>
/// <param name="Limit">With 429: the limit that was met.</param>
/// <param name="CorrelationId">The request's id.</param>
/// <param name="Now">UTC.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct GatewayError(int Status, LimitRefusal? Limit, string CorrelationId, DateTimeOffset Now)
{
    /// <summary>A sentence for a person; tells nothing about what is behind the gateway.</summary>
    public string Text => Status switch
    {
        StatusCodes.Status400BadRequest => "The request could not be read.",
        StatusCodes.Status401Unauthorized => "The session is not valid.",
        StatusCodes.Status403Forbidden => "The account may not do this at the moment.",
        StatusCodes.Status404NotFound => "There is nothing at this path.",
        StatusCodes.Status405MethodNotAllowed => "The method does not exist on this path.",
        StatusCodes.Status408RequestTimeout => "The request took too long to arrive.",
        StatusCodes.Status413PayloadTooLarge => "The request body is too large.",
        StatusCodes.Status414UriTooLong => "The request target is too long.",
        StatusCodes.Status429TooManyRequests => "Too many requests from this address.",
        StatusCodes.Status431RequestHeaderFieldsTooLarge => "The request headers are too large.",
        StatusCodes.Status503ServiceUnavailable => "The service is not available at the moment.",
        StatusCodes.Status504GatewayTimeout => "The service did not answer in time.",
        _ => "Something went wrong.",
    };
}
