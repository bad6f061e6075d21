using System.Net;
using Gateway.Tests.Support;

namespace Gateway.Tests.Errors;

/// <summary>Who may read an answer that the gateway makes. No service is deployed here, so all of them are the gateway's.</summary>
public sealed class CorsTests
{
    private const string Own = GatewayHost.BaseUrl;
    private const string Configured = "https://app.example";
    private const string Stranger = "https://stranger.example";

    /// <summary>Path, the page's origin, expected Access-Control-Allow-Origin, credentials allowed, Vary.</summary>
    public static readonly TheoryData<string, string, string?, bool, string?> Readers = new()
    {
        { "/mobile/v1/x", Stranger, "*", false, null },
        { "/.well-known/jwks.json", Stranger, "*", false, null },
        { "/scope/x", Stranger, "*", false, null },
        { "/login/x", Stranger, "*", false, null },
        { "/.well-known/fluxer", Stranger, "*", false, null },
        { "/v1/auth/x", Own, Own, false, "Origin" },
        { "/v1/auth/x", Stranger, null, false, "Origin" },
        { "/v1/auth/x", Configured, null, false, "Origin" },
        { "/v1/users/%40me", Own, Own, false, "Origin" },
        { "/authlance/identity/x", Configured, Configured, true, "Origin" },
        { "/authlance/identity/x", Own, null, false, "Origin" },
        { "/authlance/identity/x", Stranger, null, false, "Origin" },
        { "/authlance/identity/x", "null", null, false, "Origin" },
        { "/nothing", Stranger, null, false, null },
    };

    private static readonly Dictionary<string, string?> Settings = new() { ["Gateway:AllowedOrigins:device-registry:0"] = Configured };

    [Theory]
    [MemberData(nameof(Readers))]
    public async Task GatewayError_ToAPage_IsReadableAsTheFamilySays(string path, string origin, string? allowed, bool credentials, string? vary)
    {
        await using var gateway = GatewayHost.Start(Settings);

        using var response = await SendAsync(gateway, HttpMethod.Get, path, ("Origin", origin));

        Assert.True(response.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.NotFound);
        Assert.Equal(allowed, Header(response, "Access-Control-Allow-Origin"));
        Assert.Equal(credentials ? "true" : null, Header(response, "Access-Control-Allow-Credentials"));
        Assert.Equal(vary, Header(response, "Vary"));
        Assert.Equal(allowed is not null, response.Headers.Contains("Access-Control-Expose-Headers"));
        if (allowed is not null)
        {
            Assert.Contains("Retry-After", Header(response, "Access-Control-Expose-Headers"), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("/mobile/v1/x")]
    [InlineData("/v1/auth/x")]
    [InlineData("/authlance/identity/x")]
    [InlineData("/scope/x")]
    public async Task GatewayError_WithoutOrigin_HasNoCorsHeaders(string path)
    {
        await using var gateway = GatewayHost.Start(Settings);

        using var response = await SendAsync(gateway, HttpMethod.Get, path);

        Assert.DoesNotContain(response.Headers, header => header.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("/mobile/v1/x", Stranger, "*", "GET, HEAD, POST, PUT, PATCH, DELETE", "authorization, x-anything")]
    [InlineData("/v1/auth/x", Own, Own, "GET, HEAD, POST, PUT, PATCH, DELETE", "Authorization, Content-Type, Accept-Language, X-Captcha-Token, X-Captcha-Type, X-Fluxer-Platform, X-Fluxer-Sudo-Mode-JWT")]
    [InlineData("/v1/auth/x", Stranger, null, null, null)]
    [InlineData("/authlance/identity/x", Configured, Configured, "GET, HEAD, POST, PUT, PATCH, DELETE", "authorization, x-anything")]
    [InlineData("/scope", Stranger, "*", "GET, HEAD, POST, PUT, DELETE", "Content-Type")]
    public async Task Preflight_ServiceNotThere_IsAnsweredForIt(string path, string origin, string? allowed, string? methods, string? headers)
    {
        await using var gateway = GatewayHost.Start(Settings);

        using var response = await SendAsync(
            gateway,
            HttpMethod.Options,
            path,
            ("Origin", origin),
            ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "authorization, x-anything"));

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal(allowed, Header(response, "Access-Control-Allow-Origin"));
        Assert.Equal(methods, Header(response, "Access-Control-Allow-Methods"));
        Assert.Equal(headers, Header(response, "Access-Control-Allow-Headers"));
        Assert.True(response.Headers.Contains("X-Correlation-Id"));
    }

    [Fact]
    public async Task Preflight_ServiceThere_IsTheServices()
    {
        await using var service = await StubService.StartAsync();
        service.Handler = context =>
        {
            context.Response.Headers.AccessControlAllowOrigin = "https://chosen.by.service";
            context.Response.StatusCode = 204;
            return Task.CompletedTask;
        };
        await using var gateway = GatewayHost.StartInFrontOf(service, Settings);

        using var response = await SendAsync(gateway, HttpMethod.Options, "/scope", ("Origin", Stranger), ("Access-Control-Request-Method", "POST"));

        Assert.Equal("OPTIONS", Assert.Single(service.Requests).Method);
        Assert.Equal("https://chosen.by.service", Header(response, "Access-Control-Allow-Origin"));
        Assert.False(response.Headers.Contains("Access-Control-Allow-Methods"));
    }

    private static string? Header(HttpResponseMessage response, string name)
        => response.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;

    private static Task<HttpResponseMessage> SendAsync(GatewayHost gateway, HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, gateway.AsWritten(path));
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
