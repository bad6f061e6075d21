using System.Net;
using System.Text.Json;
using Gateway.Routing;
using Gateway.Tests.Support;

namespace Gateway.Tests.Errors;

/// <summary>Every error that the gateway makes, in the shape of every family. The table names the status and the code as the family spells them.</summary>
public sealed class ErrorBodyTests
{
    private const string Pairing = "/mobile/v1/x";
    private const string IdentityAuth = "/v1/auth/x";
    private const string DeviceRegistry = "/authlance/identity/x";
    private const string ScopeSigning = "/scope/x";
    private const string Platform = "/nothing/x";

    /// <summary>Path, the failure, status and code on the wire.</summary>
    public static readonly TheoryData<string, string, int, string> Errors = new()
    {
        { "/admin/v1/tenants/x", "unknown", 404, "not_found" },
        { Pairing, "large body", 413, "payload_too_large" },
        { Pairing, "large chunked body", 413, "payload_too_large" },
        { Pairing, "broken chunk", 400, "invalid_json" },
        { Pairing, "long target", 414, "uri_too_long" },
        { Pairing, "rate", 429, "rate_limited" },
        { Pairing, "large headers", 431, "headers_too_large" },
        { Pairing, "many headers", 431, "headers_too_large" },
        { Pairing, "not deployed", 503, "service_unavailable" },
        { Pairing, "refused", 503, "service_unavailable" },
        { Pairing, "dies", 503, "service_unavailable" },
        { Pairing, "busy", 503, "service_unavailable" },
        { Pairing, "slow", 504, "service_unavailable" },

        { "/v1/auth/./x", "unknown", 404, "NOT_FOUND" },
        { IdentityAuth, "large body", 413, "PAYLOAD_TOO_LARGE" },
        { IdentityAuth, "large chunked body", 413, "PAYLOAD_TOO_LARGE" },
        { IdentityAuth, "broken chunk", 400, "INVALID_FORM_BODY" },
        { IdentityAuth, "long target", 414, "URI_TOO_LONG" },
        { IdentityAuth, "rate", 429, "RATE_LIMITED" },
        { IdentityAuth, "large headers", 431, "HEADERS_TOO_LARGE" },
        { IdentityAuth, "many headers", 431, "HEADERS_TOO_LARGE" },
        { IdentityAuth, "not deployed", 503, "SERVICE_UNAVAILABLE" },
        { IdentityAuth, "refused", 503, "SERVICE_UNAVAILABLE" },
        { IdentityAuth, "dies", 503, "SERVICE_UNAVAILABLE" },
        { IdentityAuth, "busy", 503, "SERVICE_UNAVAILABLE" },
        { IdentityAuth, "slow", 504, "SERVICE_UNAVAILABLE" },

        { "/authlance/identity/%2e/x", "unknown", 404, "NOT_FOUND" },
        { DeviceRegistry, "large body", 413, "PAYLOAD_TOO_LARGE" },
        { DeviceRegistry, "large chunked body", 413, "PAYLOAD_TOO_LARGE" },
        { DeviceRegistry, "broken chunk", 400, "INVALID_JSON" },
        { DeviceRegistry, "long target", 414, "URI_TOO_LONG" },
        { DeviceRegistry, "rate", 429, "RATE_LIMITED" },
        { DeviceRegistry, "large headers", 431, "HEADERS_TOO_LARGE" },
        { DeviceRegistry, "many headers", 431, "HEADERS_TOO_LARGE" },
        { DeviceRegistry, "not deployed", 503, "SERVICE_UNAVAILABLE" },
        { DeviceRegistry, "refused", 503, "SERVICE_UNAVAILABLE" },
        { DeviceRegistry, "dies", 503, "SERVICE_UNAVAILABLE" },
        { DeviceRegistry, "busy", 503, "SERVICE_UNAVAILABLE" },
        { DeviceRegistry, "slow", 504, "SERVICE_UNAVAILABLE" },

        { "/login/x", "unknown", 404, "not-found" },
        { ScopeSigning, "large body", 413, "too-large" },
        { ScopeSigning, "large chunked body", 413, "too-large" },
        { ScopeSigning, "broken chunk", 400, "bad-request" },
        { ScopeSigning, "long target", 400, "bad-request" },
        { ScopeSigning, "rate", 429, "rate-limit" },
        { ScopeSigning, "large headers", 400, "bad-request" },
        { ScopeSigning, "many headers", 400, "bad-request" },
        { ScopeSigning, "not deployed", 503, "unavailable" },
        { ScopeSigning, "refused", 503, "unavailable" },
        { ScopeSigning, "dies", 503, "unavailable" },
        { ScopeSigning, "busy", 503, "unavailable" },
        { ScopeSigning, "slow", 503, "unavailable" },

        { Platform, "unknown", 404, "not_found" },
        { Platform, "large body", 413, "payload_too_large" },
        { Platform, "long target", 414, "uri_too_long" },
        { Platform, "rate", 429, "rate_limited" },
        { Platform, "large headers", 431, "headers_too_large" },
        { "/health", "method", 405, "method_not_allowed" },
        { "/openapi/pairing.json", "method", 405, "method_not_allowed" },
        { "/openapi/pairing.json", "not deployed", 503, "service_unavailable" },
        { "/openapi/nothing.json", "unknown", 404, "not_found" },
    };

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task GatewayError_OnAFamilysPath_HasTheFamilysShape(string path, string failure, int status, string code)
    {
        await using var scene = await FailureScene.PrepareAsync(failure);

        var answer = await scene.FailAsync(path);

        Assert.Equal(status, answer.Status);
        var service = RouteTable.ServiceOf(path.Replace("/%2e", string.Empty, StringComparison.Ordinal));
        AssertShape(service, answer, code);
        Assert.Equal("no-store", answer.Headers["Cache-Control"]);
        Assert.Equal("nosniff", answer.Headers["X-Content-Type-Options"]);
        Assert.Equal(answer.Body.Length, int.Parse(answer.Headers["Content-Length"], System.Globalization.CultureInfo.InvariantCulture));
        Assert.True(Guid.TryParse(answer.Headers["X-Correlation-Id"], out _));
        Assert.False(answer.Headers.ContainsKey("Server"));
        Assert.Equal(status is 429 or 503 or 504, answer.Headers.ContainsKey("Retry-After"));
        Assert.Equal(status == 405, answer.Headers.ContainsKey("Allow"));
    }

    [Theory]
    [InlineData(Pairing)]
    [InlineData(IdentityAuth)]
    [InlineData(DeviceRegistry)]
    [InlineData(ScopeSigning)]
    public async Task GatewayError_ToHead_HasHeadersAndNoBody(string path)
    {
        await using var gateway = GatewayHost.Start();
        using var request = new HttpRequestMessage(HttpMethod.Head, gateway.AsWritten(path));

        using var response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.True(response.Content.Headers.ContentLength > 0);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task RateLimit_OnIdentityAuth_SaysWhenInHeadersAndBody()
    {
        var clock = new ManualClock();
        await using var gateway = GatewayHost.Start(new Dictionary<string, string?> { ["Gateway:RequestsPerSecond"] = "2", ["Gateway:RequestBurst"] = "5" }, clock);
        for (var i = 0; i < 5; i++)
        {
            await gateway.Client.GetAsync(gateway.AsWritten(IdentityAuth), TestContext.Current.CancellationToken);
        }

        using var response = await gateway.Client.GetAsync(gateway.AsWritten(IdentityAuth), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Equal("true", response.Headers.GetValues("X-RateLimit-Global").Single());
        Assert.Equal("5", response.Headers.GetValues("X-RateLimit-Limit").Single());
        Assert.Equal("0", response.Headers.GetValues("X-RateLimit-Remaining").Single());
        Assert.Equal((clock.GetUtcNow().ToUnixTimeSeconds() + 3).ToString(System.Globalization.CultureInfo.InvariantCulture), response.Headers.GetValues("X-RateLimit-Reset").Single());
        Assert.Equal(1, response.Headers.RetryAfter!.Delta!.Value.TotalSeconds);
        using var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.True(body.RootElement.GetProperty("global").GetBoolean());
        Assert.Equal(0.5, body.RootElement.GetProperty("retry_after").GetDouble());
    }

    private static void AssertShape(string? service, RawAnswer answer, string code)
    {
        using var document = JsonDocument.Parse(answer.Body);
        var body = document.RootElement;
        var members = body.EnumerateObject().Select(member => member.Name).ToArray();
        switch (service)
        {
            case null:
                Assert.Equal("application/problem+json", answer.Headers["Content-Type"]);
                Assert.Equal(["type", "title", "status", "detail", "error"], members);
                Assert.Equal("about:blank", body.GetProperty("type").GetString());
                Assert.Equal(answer.Status, body.GetProperty("status").GetInt32());
                Assert.Equal(code, body.GetProperty("error").GetString());
                break;
            case ServiceNames.Pairing:
                Assert.Equal("application/problem+json", answer.Headers["Content-Type"]);
                Assert.Equal(["type", "title", "status", "detail", "error", "timestamp"], members);
                Assert.Equal("about:blank", body.GetProperty("type").GetString());
                Assert.Equal(answer.Status, body.GetProperty("status").GetInt32());
                Assert.Equal(code, body.GetProperty("error").GetString());
                Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", body.GetProperty("timestamp").GetString());
                break;
            case ServiceNames.IdentityAuth:
                Assert.Equal("application/json; charset=utf-8", answer.Headers["Content-Type"]);
                Assert.Equal(
                    answer.Status switch { 400 => ["code", "message", "errors"], 429 => ["code", "message", "global", "retry_after"], _ => ["code", "message"] },
                    members);
                Assert.Equal(code, body.GetProperty("code").GetString());
                break;
            case ServiceNames.DeviceRegistry:
                Assert.Equal("application/json; charset=utf-8", answer.Headers["Content-Type"]);
                Assert.Equal(["error", "message", "requestId"], members);
                Assert.Equal(code, body.GetProperty("error").GetString());
                Assert.Equal(answer.Headers["X-Correlation-Id"], body.GetProperty("requestId").GetString());
                break;
            case ServiceNames.ScopeSigning:
                Assert.Equal("application/json; charset=utf-8", answer.Headers["Content-Type"]);
                Assert.Equal(["error", "type", "title", "detail"], members);
                Assert.Equal(answer.Status, body.GetProperty("error").GetInt32());
                Assert.Equal($"{GatewayHost.BaseUrl}/scope-signing/errors/{code}", body.GetProperty("type").GetString());
                break;
            default:
                Assert.Fail($"No shape is known for {service}.");
                break;
        }
    }
}
