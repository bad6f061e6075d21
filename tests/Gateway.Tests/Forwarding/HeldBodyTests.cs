using System.Net;
using Gateway.Tests.Support;

namespace Gateway.Tests.Forwarding;

public sealed class HeldBodyTests
{
    private const string Head = "POST /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";

    [Fact]
    public async Task HeldBody_UnknownLength_ArrivesWithItsLength()
    {
        await using var service = await StubService.StartAsync();
        await using var gateway = GatewayHost.StartInFrontOf(service);

        await RawHttp.SendAsync(gateway.Address, Head + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");

        var arrived = Assert.Single(service.Requests);
        Assert.Equal("abcde"u8, arrived.Body);
        Assert.Equal("5", arrived.Headers["Content-Length"]);
        Assert.False(arrived.Headers.ContainsKey("Transfer-Encoding"));
    }

    [Fact]
    public async Task HeldBody_NoRoomForIt_IsShedAndTheRoomIsGivenBack()
    {
        await using var service = await StubService.StartAsync();
        await using var gateway = GatewayHost.StartInFrontOf(service, new Dictionary<string, string?> { ["Gateway:MaxHeldBodyBytes"] = "10" });

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(503, RawHttp.StatusOf(await RawHttp.SendAsync(gateway.Address, Head + "b\r\n12345678901\r\n0\r\n\r\n")));
            Assert.Equal(200, RawHttp.StatusOf(await RawHttp.SendAsync(gateway.Address, Head + "a\r\n1234567890\r\n0\r\n\r\n")));
            Assert.Equal(400, RawHttp.StatusOf(await RawHttp.SendAsync(gateway.Address, Head + "5\r\n12345\r\nzz\r\n")));
        }

        Assert.Equal(3, service.Requests.Count);
    }

    [Fact]
    public async Task HeldBody_ClientTooSlow_IsToldSoAndNothingArrives()
    {
        await using var service = await StubService.StartAsync();
        await using var gateway = GatewayHost.StartInFrontOf(service, new Dictionary<string, string?> { ["Gateway:RequestTimeout"] = "00:00:00.2" });

        var answer = RawAnswer.Parse(await RawHttp.SendAsync(gateway.Address, Head + "3\r\nabc\r\n"));

        Assert.Equal((int)HttpStatusCode.RequestTimeout, answer.Status);
        Assert.Contains("\"request_timeout\"", answer.Body, StringComparison.Ordinal);
        Assert.Empty(service.Requests);
    }
}
