using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace Gateway.Errors;

/// <summary>Paths that belong to no service: problem details (RFC 9457) with a stable code in <c>error</c>.</summary>
internal sealed class PlatformErrors : ApiFamily
{
    public override string? Service => null;

    public override string MediaType => "application/problem+json";

    public override void WriteMembers(Utf8JsonWriter json, in GatewayError error)
    {
        json.WriteString("type", "about:blank");
        json.WriteString("title", ReasonPhrases.GetReasonPhrase(error.Status));
        json.WriteNumber("status", error.Status);
        json.WriteString("detail", error.Text);
        json.WriteString("error", ErrorCodes.LowerSnakeCase(error.Status));
    }
}
