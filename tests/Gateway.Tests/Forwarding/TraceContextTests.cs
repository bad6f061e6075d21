using Gateway.Tests.Support;

namespace Gateway.Tests.Forwarding;

public sealed class TraceContextTests(Platform platform) : IClassFixture<Platform>
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";
    private const string ClientSpan = "b7ad6b7169203331";

    [Fact]
    public async Task TraceContext_OfTheClient_IsContinuedByTheGatewaysSpan()
    {
        var arrived = await SendAsync(("traceparent", $"00-{Trace}-{ClientSpan}-01"), ("tracestate", "vendor=1"));

        var parts = arrived.Headers["traceparent"].Split('-');
        Assert.Equal(["00", Trace], parts[..2]);
        Assert.Matches("^[0-9a-f]{16}$", parts[2]);
        Assert.NotEqual(ClientSpan, parts[2]);
        Assert.Equal("vendor=1", arrived.Headers["tracestate"]);
    }

    [Fact]
    public async Task TraceContext_NoneFromTheClient_BeginsHere()
    {
        var arrived = await SendAsync();

        Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$", arrived.Headers["traceparent"]);
    }

    [Fact]
    public async Task TraceContext_Malformed_IsReplacedByAGoodOne()
    {
        var arrived = await SendAsync(("traceparent", "00-zz-zz-01"));

        Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$", arrived.Headers["traceparent"]);
    }

    private async Task<RecordedRequest> SendAsync(params (string Name, string Value)[] headers)
    {
        var service = platform["pairing"];
        service.Requests.Clear();
        using var request = new HttpRequestMessage(HttpMethod.Get, platform.Gateway.AsWritten("/mobile/v1/x"));
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        // This client's own tracing would write a header of its own.
        using var handler = new SocketsHttpHandler { ActivityHeadersPropagator = null };
        using var client = new HttpClient(handler);
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return Assert.Single(service.Requests);
    }
}
