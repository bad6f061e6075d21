using System.Text.Json;
using Gateway.Routing;

namespace Gateway.Errors;

/// <summary>
/// device-registry §1.4: <c>error</c>, <c>message</c> and <c>requestId</c>, the correlation id. §1.1: clients send credentials,
/// so CORS names the exact origin, never <c>*</c>.
/// </summary>
internal sealed class DeviceRegistryErrors(PlatformSettings platform) : ApiFamily
{
    private readonly CorsRules _cors = new()
    {
        Origins = platform.AllowedOriginsOf(ServiceNames.DeviceRegistry),
        Credentials = true,
        ExposedHeaders = "ETag, Location, Retry-After, X-Correlation-Id",
    };

    public override string? Service => ServiceNames.DeviceRegistry;

    public override string MediaType => "application/json; charset=utf-8";

    public override CorsRules? CorsFor(PathString path) => _cors;

    public override void AddHeaders(IHeaderDictionary headers, in GatewayError error)
    {
        if (error.Status == StatusCodes.Status401Unauthorized)
        {
            // §1.2, RFC 6750 §3.
            headers.WWWAuthenticate = "Bearer error=\"invalid_token\"";
        }
    }

    public override void WriteMembers(Utf8JsonWriter json, in GatewayError error)
    {
        json.WriteString("error", error.Status == StatusCodes.Status400BadRequest ? "INVALID_JSON" : ErrorCodes.UpperSnakeCase(error.Status));
        json.WriteString("message", error.Text);
        json.WriteString("requestId", error.CorrelationId);
    }
}
