using Gateway.Tests.Support;

namespace Gateway.Tests.Edge;

/// <summary>What nobody sends by accident. It never gets a 5xx, and never reaches a service as anything but what was routed.</summary>
public sealed class HostileRequestTests(Platform platform) : IClassFixture<Platform>
{
    public static readonly TheoryData<string> Heads = new(
        "GET /mobile/v1/%00 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "GET /mobile/v1/a\u0000b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "GET /mobile/v1/%ff%fe HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "GET /mobile/v1/%c0%ae%c0%ae/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "GET /mobile/v1/%E0%80%80 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "GET /mobile/v1/%zz%2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "GET /mobile/v1/\u00e9 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "GET /mobile/v1/%2e%2e%2f%2e%2e%2fhealth HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "GET /mobile/v1/..%2f..%5chealth HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "GET /mobile/v1/%252e%252e%252fhealth HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "GET /mobile/v1/..;/health HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "GET \\mobile\\v1\\x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "GET http://h/mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "GET http://h HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "GET http://h?x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "GET http://other/mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "GET http://user:pw@h/mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\nConnection: close\r\n\r\n",
        "CONNECT /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "TRACE /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "BREW /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "get /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "GET /mobile/v1/x HTTP/1.0\r\n\r\n",
        "GET /mobile/v1/x HTTP/1.1\r\nHost: \r\nConnection: close\r\n\r\n",
        "GET /mobile/v1/x HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n",
        "GET /mobile/v1/x HTTP/1.1\r\nHost: h\r\nHost: i\r\nConnection: close\r\n\r\n",
        "GET /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n",
        "GET /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n",
        "POST /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nContent-Length: 3\r\n\r\nabc",
        "POST /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "POST /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: +3\r\n\r\nabc",
        "POST /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: -1\r\n\r\n",
        "POST /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "POST /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "POST /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "POST /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked, gzip\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "POST /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: xchunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "POST /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding : chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "POST /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3;ext=\"a\"\r\nabc\r\n0\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n",
        "POST /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc\r\n0\r\n\r\n",
        "POST /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
        "POST /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nExpect: something-else\r\nContent-Length: 3\r\n\r\nabc",
        "GET /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc",
        "DELETE /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
        "GET /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-A: a\r\n folded\r\n\r\n",
        "GET /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-A: a\rb\r\n\r\n",
        "GET /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-A: a\u0000b\r\n\r\n",
        "GET /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-A: a\u0001\u007f\u00ff\r\n\r\n",
        "GET /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX(A): a\r\n\r\n",
        "GET /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX A: a\r\n\r\n",
        "GET /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n: a\r\n\r\n",
        "GET /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-\u00e9: a\r\n\r\n",
        "GET /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAllow: GET\r\nContent-Type: a\r\nContent-Encoding: gzip\r\n\r\n",
        "GET /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nRange: bytes=0-1,,\r\nAccept: \r\nDate: x\r\nIf-Match: \"\r\n\r\n",
        "GET /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\ntraceparent: zz\r\ntracestate: \u00e9\r\nbaggage: a=b,\u00e9=;;\r\n\r\n",
        "GET /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTE: trailers, gzip\r\nTrailer: X\r\nKeep-Alive: 1\r\nProxy-Connection: x\r\n\r\n",
        "GET /mobile/v1/x HTTP/2.0\r\nHost: h\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\r\nGET /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "nonsense\r\n\r\n");

    [Theory]
    [MemberData(nameof(Heads))]
    public async Task HostileRequest_OnTheWire_IsNeverA5xxAndNeverElsewhere(string request)
    {
        var service = platform["pairing"];
        service.Requests.Clear();

        var answer = await RawHttp.SendAsync(platform.Gateway.Address, request);

        // Bytes that are not HTTP/1 at all may get no answer but the end of the connection.
        if (answer.Length > 0 && answer.StartsWith("HTTP/", StringComparison.Ordinal))
        {
            // 505 is the one status with which a server can say that it does not speak the version (RFC 9110 §15.6.6).
            Assert.True(RawHttp.StatusOf(answer) is (>= 200 and <= 499) or 505, answer);
        }

        Assert.All(service.Requests, arrived =>
        {
            Assert.StartsWith("/mobile/v1/", arrived.Target, StringComparison.Ordinal);
            Assert.Equal("127.0.0.1", arrived.Headers["X-Forwarded-For"]);
            Assert.False(arrived.Headers.ContainsKey("Upgrade"));
        });
        Assert.InRange(service.Requests.Count, 0, 1);
    }

    [Fact]
    public async Task Smuggling_SecondRequestInsideABody_StaysABody()
    {
        var service = platform["pairing"];
        service.Requests.Clear();
        const string Inner = "GET /admin/v1/tenants HTTP/1.1\r\nHost: h\r\n\r\n";

        await RawHttp.SendAsync(
            platform.Gateway.Address,
            $"POST /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: {Inner.Length}\r\n\r\n{Inner}");

        var arrived = Assert.Single(service.Requests);
        Assert.Equal(Inner, System.Text.Encoding.Latin1.GetString(arrived.Body));
    }

    [Fact]
    public async Task Smuggling_ContentLengthBesideChunked_ServiceSeesOneFraming()
    {
        var service = platform["pairing"];
        service.Requests.Clear();

        await RawHttp.SendAsync(
            platform.Gateway.Address,
            "POST /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG");

        Assert.All(service.Requests, arrived =>
        {
            Assert.Empty(arrived.Body);
            Assert.False(arrived.Headers.ContainsKey("Content-Length") && arrived.Headers.ContainsKey("Transfer-Encoding"));
        });
    }
}
