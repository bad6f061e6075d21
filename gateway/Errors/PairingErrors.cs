using System.Globalization;
using System.Text.Json;
using Gateway.Routing;
using Microsoft.AspNetCore.WebUtilities;

namespace Gateway.Errors;

/// <summary>
/// pairing §1.1: <c>application/problem+json</c> with <c>type</c>, <c>title</c>, <c>status</c>, <c>detail</c>, <c>error</c> and
/// <c>timestamp</c>, on every error, because the phone crashes on an empty or non-JSON error body. §1: any origin may read, no
/// credentials; never cached.
/// </summary>
internal sealed class PairingErrors : ApiFamily
{
    private static readonly CorsRules Cors = new() { ExposedHeaders = "Location, Retry-After, X-Correlation-Id" };

    public override string? Service => ServiceNames.Pairing;

    public override string MediaType => "application/problem+json";

    public override CorsRules? CorsFor(PathString path) => Cors;

    public override void WriteMembers(Utf8JsonWriter json, in GatewayError error)
    {
        json.WriteString("type", "about:blank");
        json.WriteString("title", error.Status == StatusCodes.Status400BadRequest ? "Bad request" : ReasonPhrases.GetReasonPhrase(error.Status));
        json.WriteNumber("status", error.Status);
        json.WriteString("detail", error.Text);
        json.WriteString("error", Code(error.Status));
        json.WriteString("timestamp", error.Now.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
    }

    private static string Code(int status) => status switch
    {
        // A body that breaks off or is not framed as HTTP says is no JSON either.
        StatusCodes.Status400BadRequest => "invalid_json",
        _ => ErrorCodes.LowerSnakeCase(status),
    };
}
