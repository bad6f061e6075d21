using System.Text.Json;
using Gateway.Routing;

namespace Gateway.Errors;

/// <summary>
/// identity-auth §1.5: <c>code</c> and <c>message</c>, field errors as <c>INVALID_FORM_BODY</c>. §1.7: 429 says how long to wait
/// in header and body, with the headers of its buckets; the gateway's limit is a global one. §1.1: configured origins only, but
/// anybody may read the instance description (§8).
/// </summary>
internal sealed class IdentityAuthErrors(PlatformSettings platform) : ApiFamily
{
    private const string InstanceDescription = "/.well-known/fluxer";

    private const string Exposed =
        "X-Fluxer-Sudo-Mode-JWT, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-RateLimit-Global, Retry-After";

    private static readonly CorsRules Anybody = new() { ExposedHeaders = Exposed };

    private readonly CorsRules _configured = new()
    {
        Origins = platform.AllowedOriginsOf(ServiceNames.IdentityAuth),
        AllowedHeaders =
            "Authorization, Content-Type, Accept-Language, X-Captcha-Token, X-Captcha-Type, X-Fluxer-Platform, X-Fluxer-Sudo-Mode-JWT",
        ExposedHeaders = Exposed,
    };

    public override string? Service => ServiceNames.IdentityAuth;

    public override string MediaType => "application/json; charset=utf-8";

    public override CorsRules? CorsFor(PathString path) => path == InstanceDescription ? Anybody : _configured;

    public override void AddHeaders(IHeaderDictionary headers, in GatewayError error)
    {
        if (error.Limit is { } limit)
        {
            headers["X-RateLimit-Global"] = "true";
            headers["X-RateLimit-Limit"] = Whole(limit.Limit);
            headers["X-RateLimit-Remaining"] = "0";
            headers["X-RateLimit-Reset"] = Whole(Math.Ceiling((error.Now + limit.FullAfter).ToUnixTimeMilliseconds() / 1000.0));
        }
    }

    public override void WriteMembers(Utf8JsonWriter json, in GatewayError error)
    {
        var badBody = error.Status == StatusCodes.Status400BadRequest;
        json.WriteString("code", badBody ? "INVALID_FORM_BODY" : ErrorCodes.UpperSnakeCase(error.Status));
        json.WriteString("message", error.Text);
        if (badBody)
        {
            json.WriteStartArray("errors");
            json.WriteStartObject();
            json.WriteString("path", "root");
            json.WriteString("code", "INVALID_FORMAT");
            json.WriteString("message", error.Text);
            json.WriteEndObject();
            json.WriteEndArray();
        }

        if (error.Limit is { } limit)
        {
            json.WriteBoolean("global", true);
            json.WriteNumber("retry_after", Math.Round(limit.RetryAfter.TotalSeconds, 3));
        }
    }

    private static string Whole(double number) => number.ToString("F0", System.Globalization.CultureInfo.InvariantCulture);
}
