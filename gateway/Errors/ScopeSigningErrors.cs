using System.Text.Json;
using Gateway.Routing;

namespace Gateway.Errors;

/// <summary>
/// scope-signing §2.4: the API's Error object as JSON, <c>error</c> is the status, <c>type</c> a URI below the issuer that ends
/// in the code. The table of codes is closed: 503 is the only status for anything that is away or late, 400 for anything that
/// cannot be read. §2.3: never cached, not sniffed, any origin may read.
/// </summary>
internal sealed class ScopeSigningErrors(PlatformSettings platform) : ApiFamily
{
    private static readonly CorsRules Cors = new()
    {
        AllowedMethods = "GET, HEAD, POST, PUT, DELETE",
        AllowedHeaders = "Content-Type",
        ExposedHeaders = "Location, Retry-After, Authentiq-Job-Status",
    };

    private readonly string _typePrefix = $"{platform.BaseUrl}/scope-signing/errors/";

    public override string? Service => ServiceNames.ScopeSigning;

    public override string MediaType => "application/json; charset=utf-8";

    public override CorsRules? CorsFor(PathString path) => Cors;

    public override int StatusFor(int status) => status switch
    {
        StatusCodes.Status408RequestTimeout
            or StatusCodes.Status414UriTooLong
            or StatusCodes.Status431RequestHeaderFieldsTooLarge => StatusCodes.Status400BadRequest,
        StatusCodes.Status504GatewayTimeout => StatusCodes.Status503ServiceUnavailable,
        _ => status,
    };

    public override void WriteMembers(Utf8JsonWriter json, in GatewayError error)
    {
        var (code, title) = Kind(error.Status);
        json.WriteNumber("error", error.Status);
        json.WriteString("type", _typePrefix + code);
        json.WriteString("title", title);
        json.WriteString("detail", error.Text);
    }

    private static (string Code, string Title) Kind(int status) => status switch
    {
        StatusCodes.Status400BadRequest => ("bad-request", "Bad request"),
        StatusCodes.Status404NotFound => ("not-found", "Not found"),
        StatusCodes.Status405MethodNotAllowed => ("not-supported", "Not supported"),
        StatusCodes.Status413PayloadTooLarge => ("too-large", "Too large"),
        StatusCodes.Status429TooManyRequests => ("rate-limit", "Too many requests"),
        StatusCodes.Status503ServiceUnavailable => ("unavailable", "Unavailable"),
        _ => ("server-error", "Server error"),
    };
}
