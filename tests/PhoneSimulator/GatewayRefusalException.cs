using System.Net;

namespace PhoneSimulator;

/// <summary>The gateway or a service behind it refused a request.</summary>
/// <param name="status">Status of the answer.</param>
/// <param name="error">Stable code of the error body (its member <c>error</c>), or empty when there is none.</param>
/// <param name="message">What was asked, and what came back.</param>
public sealed class GatewayRefusalException(HttpStatusCode status, string error, string message) : Exception(message)
{
    public HttpStatusCode Status { get; } = status;

    public string Error { get; } = error;
}
