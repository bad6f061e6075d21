using System.Net;
using Gateway.Tests.Support;

namespace Gateway.Tests.Edge;

public sealed class ForwardedHeadersTests(Platform platform) : IClassFixture<Platform>
{
    [Fact]
    public async Task ForwardedHeaders_SentByClient_AreReplacedOrRemoved()
    {
        var arrived = await SendAsync(
            platform.Gateway.Client,
            ("X-Forwarded-For", "203.0.113.9, 10.0.0.1"),
            ("x-forwarded-for", "203.0.113.8"),
            ("X-Forwarded-Proto", "https"),
            ("X-Forwarded-Host", "evil.example"),
            ("X-Forwarded-Port", "1"),
            ("X-Forwarded-Prefix", "/evil"),
            ("X-FORWARDED-anything", "1"),
            ("Forwarded", "for=203.0.113.9;proto=https"),
            ("X-Real-IP", "203.0.113.9"),
            ("X-Forwarded", "kept, it is not of the family"));

        Assert.Equal("127.0.0.1", arrived.Headers["X-Forwarded-For"]);
        Assert.Equal("http", arrived.Headers["X-Forwarded-Proto"]);
        Assert.Equal(platform.Gateway.Address.Authority, arrived.Headers["X-Forwarded-Host"]);
        Assert.DoesNotContain(arrived.Headers, header => header.Value.Contains("203.0.113", StringComparison.Ordinal) || header.Value.Contains("evil", StringComparison.Ordinal));
        Assert.Equal(
            ["X-Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"],
            arrived.Headers.Keys.Where(name => name.Contains("forwarded", StringComparison.OrdinalIgnoreCase) || name.Contains("real", StringComparison.OrdinalIgnoreCase)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task ForwardedFor_AnotherLoopbackAddress_IsThatAddress()
    {
        using var client = platform.Gateway.NewClient(IPAddress.Parse("127.0.0.7"));

        Assert.Equal("127.0.0.7", (await SendAsync(client)).Headers["X-Forwarded-For"]);
    }

    [Fact]
    public async Task ForwardedFor_NamedInConnectionHeader_StillArrives()
    {
        var service = platform["pairing"];
        service.Requests.Clear();

        await RawHttp.SendAsync(
            platform.Gateway.Address,
            "GET /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close, X-Forwarded-For, X-Correlation-Id, Authorization\r\nAuthorization: a\r\n\r\n");

        var arrived = Assert.Single(service.Requests);
        Assert.Equal("127.0.0.1", arrived.Headers["X-Forwarded-For"]);
        Assert.Equal("a", arrived.Headers["Authorization"]);
        Assert.True(arrived.Headers.ContainsKey("X-Correlation-Id"));
    }

    [Fact]
    public async Task ForwardedHeaders_SwitchedOnByEnvironment_StaysOff()
    {
        await using var service = await StubService.StartAsync();
        await using var gateway = GatewayHost.StartInFrontOf(service, new Dictionary<string, string?> { ["FORWARDEDHEADERS_ENABLED"] = "true" });
        using var request = new HttpRequestMessage(HttpMethod.Get, gateway.AsWritten("/key/x"));
        request.Headers.Add("X-Forwarded-For", "203.0.113.9");

        await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal("127.0.0.1", Assert.Single(service.Requests).Headers["X-Forwarded-For"]);
    }

    [Fact]
    public async Task Headers_OfClientAndService_PassBothWaysByteForByte()
    {
        var service = platform["pairing"];
        service.Requests.Clear();
        service.Handler = context =>
        {
            context.Response.Headers["X-Bytes"] = "\u00e9\u00ff\u0080";
            context.Response.Headers["X-Twice"] = new(["a", "b"]);
            context.Response.Headers.SetCookie = new(["one=1; HttpOnly", "two=2"]);
            return Task.CompletedTask;
        };

        var answer = RawAnswer.Parse(await RawHttp.SendAsync(
            platform.Gateway.Address,
            "GET /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-Bytes: \u00c3\u00a9\u0080\u00ff\r\nX-Empty:\r\nX-API-Key: k\r\nCookie: a=b; c=d\r\n"
            + "Authorization: flx_x\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\ntracestate: a=b\r\n\r\n"));

        var arrived = Assert.Single(service.Requests);
        Assert.Equal("\u00c3\u00a9\u0080\u00ff", arrived.Headers["X-Bytes"]);
        Assert.Equal(string.Empty, arrived.Headers["X-Empty"]);
        Assert.Equal("k", arrived.Headers["X-API-Key"]);
        Assert.Equal("a=b; c=d", arrived.Headers["Cookie"]);
        Assert.Equal("flx_x", arrived.Headers["Authorization"]);
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", arrived.Headers["traceparent"].Split('-')[1]);
        Assert.Equal("a=b", arrived.Headers["tracestate"]);
        Assert.Equal("\u00e9\u00ff\u0080", answer.Headers["X-Bytes"]);
        Assert.Equal("a, b", answer.Headers["X-Twice"]);
        Assert.Equal("one=1; HttpOnly, two=2", answer.Headers["Set-Cookie"]);
        Assert.False(answer.Headers.ContainsKey("X-Content-Type-Options"));
        Assert.False(answer.Headers.ContainsKey("Cache-Control"));
    }

    private async Task<RecordedRequest> SendAsync(HttpClient client, params (string Name, string Value)[] headers)
    {
        var service = platform["pairing"];
        service.Requests.Clear();
        using var request = new HttpRequestMessage(HttpMethod.Get, platform.Gateway.AsWritten("/mobile/v1/x"));
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return Assert.Single(service.Requests);
    }
}
