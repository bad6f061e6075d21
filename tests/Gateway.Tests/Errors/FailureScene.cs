using Gateway.Tests.Support;

namespace Gateway.Tests.Errors;

/// <summary>A gateway brought into a state in which a request fails in one named way.</summary>
internal sealed class FailureScene : IAsyncDisposable
{
    private const int BodyCap = 4096;
    private const int HeaderCap = 2048;

    private readonly string _failure;
    private readonly StubService _service;
    private readonly GatewayHost _gateway;
    private readonly TaskCompletionSource _release = new();

    private FailureScene(string failure, StubService service, GatewayHost gateway)
    {
        _failure = failure;
        _service = service;
        _gateway = gateway;
    }

    public static async Task<FailureScene> PrepareAsync(string failure)
    {
        var service = await StubService.StartAsync();
        var settings = new Dictionary<string, string?>
        {
            ["Gateway:MaxRequestBodyBytes"] = $"{BodyCap}",
            ["Gateway:MaxRequestHeaderBytes"] = $"{HeaderCap}",
            ["Gateway:MaxScopeSigningHeaderBytes"] = $"{HeaderCap}",
        };
        switch (failure)
        {
            case "rate":
                settings["Gateway:RequestsPerSecond"] = "1";
                settings["Gateway:RequestBurst"] = "1";
                settings["Gateway:ScopeSigningReadsPerMinute"] = "1";
                break;
            case "busy":
                settings["Gateway:ConcurrentRequestsPerService"] = "1";
                break;
            case "slow":
                settings["Gateway:RequestTimeout"] = "00:00:00.2";
                break;
        }

        var clock = new ManualClock();
        var gateway = failure == "not deployed" ? GatewayHost.Start(settings, clock) : GatewayHost.StartInFrontOf(service, settings, clock);
        var scene = new FailureScene(failure, service, gateway);
        switch (failure)
        {
            case "refused":
                await service.StopAsync();
                break;
            case "dies":
                service.Handler = context =>
                {
                    context.Abort();
                    return Task.CompletedTask;
                };
                break;
            case "slow" or "busy":
                service.Handler = _ => scene._release.Task;
                break;
        }

        return scene;
    }

    public async Task<RawAnswer> FailAsync(string path)
    {
        if (_failure is "rate")
        {
            await SendAsync(Get(path));
        }

        if (_failure is "busy")
        {
            var first = _gateway.Client.GetAsync(_gateway.AsWritten(path), TestContext.Current.CancellationToken);
            await Eventually.Become(() => !_service.Requests.IsEmpty, "the first request is at work");
            var second = await SendAsync(Get(path));
            _release.SetResult();
            Assert.Equal(200, (int)(await first).StatusCode);
            return second;
        }

        return await SendAsync(_failure switch
        {
            "large body" => Head("POST", path, $"Content-Length: {BodyCap + 1}"),
            "large chunked body" => Head("POST", path, "Transfer-Encoding: chunked") + $"{BodyCap + 1:x}\r\n{new string('a', BodyCap + 1)}\r\n0\r\n\r\n",
            "broken chunk" => Head("POST", path, "Transfer-Encoding: chunked") + "zz\r\nabc\r\n0\r\n\r\n",
            "long target" => Get(path + "?" + new string('a', 8000)),
            "large headers" => Head("GET", path, "X-Large: " + new string('a', HeaderCap)),
            "many headers" => Head("GET", path, string.Join("\r\n", Enumerable.Range(0, 90).Select(i => $"a{i}: b"))),
            "method" => Head("POST", path, "Content-Length: 0"),
            _ => Get(path),
        });
    }

    public async ValueTask DisposeAsync()
    {
        _release.TrySetResult();
        await _gateway.DisposeAsync();
        await _service.DisposeAsync();
    }

    private static string Get(string path) => Head("GET", path);

    private static string Head(string method, string path, params string[] fields)
        => $"{method} {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{string.Concat(fields.Select(field => field + "\r\n"))}\r\n";

    private async Task<RawAnswer> SendAsync(string request) => RawAnswer.Parse(await RawHttp.SendAsync(_gateway.Address, request));
}
