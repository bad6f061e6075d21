using System.Net;
using Gateway.Tests.Support;

namespace Gateway.Tests.Edge;

/// <summary>The limits with their real numbers, on both sides.</summary>
public sealed class RateLimitTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new();
    private StubService _service = null!;
    private GatewayHost _gateway = null!;

    public async ValueTask InitializeAsync()
    {
        _service = await StubService.StartAsync();
        var defaults = new GatewayOptions();
        _gateway = GatewayHost.StartInFrontOf(
            _service,
            new Dictionary<string, string?>
            {
                ["Gateway:RequestsPerSecond"] = $"{defaults.RequestsPerSecond}",
                ["Gateway:ScopeSigningWritesPerMinute"] = $"{defaults.ScopeSigningWritesPerMinute}",
                ["Gateway:ScopeSigningReadsPerMinute"] = $"{defaults.ScopeSigningReadsPerMinute}",
            },
            _clock);
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _service.DisposeAsync();
    }

    [Theory]
    [InlineData("GET", "/mobile/v1/x", 200, 1)]
    [InlineData("POST", "/v1/auth/login", 200, 1)]
    [InlineData("GET", "/nothing", 200, 1)]
    public async Task RateLimit_OneMoreThanTheBucket_IsRefusedUntilATokenIsBack(string method, string path, int bucket, int retryAfter)
    {
        for (var i = 0; i < bucket; i++)
        {
            Assert.NotEqual(429, await StatusAsync(_gateway.Client, method, path));
        }

        using var request = new HttpRequestMessage(new HttpMethod(method), _gateway.AsWritten(path));
        using var refused = await _gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal(retryAfter, refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds);

        _clock.Advance(TimeSpan.FromSeconds(retryAfter));
        Assert.NotEqual(429, await StatusAsync(_gateway.Client, method, path));
    }

    /// <summary>Contract S §11: a sliding window, so a minute after the first of them, and not a second after the last.</summary>
    [Theory]
    [InlineData("GET", "/scope-signing/.well-known/jwks.json", 1200)]
    [InlineData("HEAD", "/scope/x", 1200)]
    [InlineData("OPTIONS", "/scope", 1200)]
    [InlineData("POST", "/scope", 300)]
    [InlineData("DELETE", "/key/x", 300)]
    [InlineData("PUT", "/scope-signing/key/x", 300)]
    public async Task RateLimit_ScopeSigningsLimit_HoldsInAnyMinute(string method, string path, int limit)
    {
        for (var i = 0; i < limit; i++)
        {
            Assert.NotEqual(429, await StatusAsync(_gateway.Client, method, path));
        }

        _clock.Advance(TimeSpan.FromSeconds(59));
        using var request = new HttpRequestMessage(new HttpMethod(method), _gateway.AsWritten(path));
        using var refused = await _gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        var wait = refused.Headers.RetryAfter!.Delta!.Value;
        Assert.InRange(wait.TotalSeconds, 1, 6);

        _clock.Advance(wait);
        Assert.NotEqual(429, await StatusAsync(_gateway.Client, method, path));
    }

    [Fact]
    public async Task RateLimit_Refused_ReachesNoService()
    {
        for (var i = 0; i < 205; i++)
        {
            await StatusAsync(_gateway.Client, "POST", "/mobile/v1/x");
        }

        Assert.Equal(200, _service.Requests.Count);
    }

    [Fact]
    public async Task RateLimit_OneAddressRefused_AnotherIsNot()
    {
        using var other = _gateway.NewClient(IPAddress.Parse("127.0.0.7"));
        for (var i = 0; i < 200; i++)
        {
            await StatusAsync(_gateway.Client, "GET", "/mobile/v1/x");
        }

        Assert.Equal(429, await StatusAsync(_gateway.Client, "GET", "/mobile/v1/x"));
        Assert.Equal(200, await StatusAsync(other, "GET", "/mobile/v1/x"));
    }

    [Fact]
    public async Task RateLimit_ScopeSigningWritesRefused_ReadsAndOtherServicesAreNot()
    {
        for (var i = 0; i < 300; i++)
        {
            await StatusAsync(_gateway.Client, "POST", "/scope");
        }

        Assert.Equal(429, await StatusAsync(_gateway.Client, "POST", "/scope"));
        Assert.Equal(200, await StatusAsync(_gateway.Client, "GET", "/scope/x"));
        Assert.Equal(200, await StatusAsync(_gateway.Client, "POST", "/mobile/v1/x"));
    }

    [Fact]
    public async Task RateLimit_SpoofedAddress_DoesNotHelp()
    {
        for (var i = 0; i < 200; i++)
        {
            await StatusAsync(_gateway.Client, "GET", "/mobile/v1/x");
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, _gateway.AsWritten("/mobile/v1/x"));
        request.Headers.Add("X-Forwarded-For", "203.0.113.9");
        using var response = await _gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
    }

    [Theory]
    [InlineData("/health")]
    [InlineData("/alive")]
    public async Task RateLimit_Monitors_AreNotCounted(string path)
    {
        for (var i = 0; i < 250; i++)
        {
            Assert.NotEqual(429, await StatusAsync(_gateway.Client, "GET", path));
        }
    }

    private async Task<int> StatusAsync(HttpClient client, string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), _gateway.AsWritten(path));
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return (int)response.StatusCode;
    }
}
